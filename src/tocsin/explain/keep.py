"""The explanation that is kept with an incident, made when it is decided, by the plan that decided."""

from __future__ import annotations

from tocsin._core.incident import AlertRecord
from tocsin._core.model import Alert, Classification
from tocsin._core.times import Millis
from tocsin._core.watch import SILENCE
from tocsin._core.why import Why
from tocsin.explain.why import explain, explain_silence
from tocsin.plan import Current

MOST = 50
"""Rules tried that are kept with an incident."""

UNKNOWN = "which rules were tried is not known: another plan was in force when this was written down"


class Keeper:
    """Explains decisions for the incident loop."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def why(self, alert: AlertRecord | None, decision: Classification, now: Millis) -> Why:
        """Why an incident is graded as it is by this alert; only the reasons if the plan has changed since."""
        edition = self._current.edition
        if alert is not None and alert.source == SILENCE.name and edition.plan.hash == decision.plan:
            return explain_silence(decision, edition.plan, now)
        if alert is not None and edition.plan.hash == decision.plan and alert.source in edition.plan.sources:
            whole = Alert(source=alert.source, labels=alert.labels, firing=True, received_at=now)
            explanation = explain(whole, edition.plan, edition.classifier, now, most=MOST)
            if explanation.decision == decision:
                return explanation.why
        return Why(reasons=(*decision.reasons, UNKNOWN), plan=decision.plan)
