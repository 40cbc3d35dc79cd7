"""A person's declaration → a classification: their word in place of a rule's. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.declaration import Declaration
from tocsin._core.errors import Unprocessable
from tocsin._core.model import Alert, Classification, Text
from tocsin._core.plan import Plan
from tocsin._core.record import SUBTYPES, is_subtype
from tocsin._core.times import DAY, MINUTE, Millis, format_time
from tocsin.classify.classifier import Classifier
from tocsin.classify.verdict import Verdict

SOURCE = "person"
"""The source of what is declared; no plan's source is called so in an alert's way, since nothing is posted to it."""

LONGEST_AGO: Millis = 366 * DAY
AHEAD: Millis = 5 * MINUTE
"""How far the clock of a person's machine may be before ours; what is ahead by less has begun now."""


def classify_declared(
    declaration: Declaration, plan: Plan, classifier: Classifier, *, by: str, now: Millis
) -> Classification:
    """What the plan says of it: tier, recovery time and key. Raises ``Unprocessable`` for names that it has not."""
    problems = []
    if declaration.class_ not in plan.classes:
        problems.append(("class", f"must be one of: {', '.join(plan.classes)}"))
    if declaration.vendor is not None and declaration.vendor not in plan.vendors:
        known = ", ".join(plan.vendors) or "none, the plan names no vendors"
        problems.append(("vendor", f"must be one of: {known}"))
    if declaration.environment is not None and plan.environments and declaration.environment not in plan.environments:
        problems.append(("environment", f"must be one of: {', '.join(plan.environments)}"))
    if declaration.subtype is not None and not is_subtype(declaration.class_, declaration.subtype):
        problems.append(("subtype", f"must be one of: {', '.join(SUBTYPES[declaration.class_])}"))
    start = declaration.started_at
    if start is not None and not now - LONGEST_AGO <= start <= now + AHEAD:
        problems.append(("started_at", f"must be within the last year, and not after now, {format_time(now)}"))
    if problems:
        raise Unprocessable("nothing was declared", problems)
    decision = classifier.declared(_as_alert(declaration, plan, now), _verdict(declaration, plan))
    title = Text(declaration.title, declaration.title)
    return replace(decision, title=title, plain_title=None, wait=0, reasons=(f"declared by {by}", *decision.reasons))


def _as_alert(declaration: Declaration, plan: Plan, now: Millis) -> Alert:
    """What is said as labels, under the first name by which the plan finds each word."""
    labels = {"alertname": declaration.title}
    words = {"service": declaration.service, "environment": declaration.environment, "location": declaration.location}
    for word, value in words.items():
        if value is not None and plan.labels[word]:
            labels[plan.labels[word][0]] = value
    if declaration.drill:
        labels["drill"] = "true"
    return Alert(
        source=SOURCE,
        labels=labels,
        annotations={},
        generator_url="",
        starts_at=declaration.started_at,
        ends_at=None,
        firing=True,
        received_at=now,
    )


def _verdict(declaration: Declaration, plan: Plan) -> Verdict:
    said = {
        "class_": declaration.class_,
        "subtype": declaration.subtype,
        "tier": declaration.tier,
        "impact": declaration.impact,
        "vendor": declaration.vendor,
        "service": declaration.service if declaration.service in plan.services else None,
    }
    return Verdict(fields={name: value for name, value in said.items() if value is not None})
