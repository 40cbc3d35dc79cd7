"""The order of deciding: source's labels → words → environment → catalogue → rules → tier → incident key."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin._core.matcher import Matcher
from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin._core.plan import Environment, Plan, Rule, Service
from tocsin._core.record import subtype_of
from tocsin._core.times import Millis
from tocsin._plan.defaults import OTHER
from tocsin.classify.grade import Circumstances, grade
from tocsin.classify.index import Condition, MatcherIndex
from tocsin.classify.sight import RAW, Sight, first_sight, found_values, shown
from tocsin.classify.titles import links_of, titles_of
from tocsin.classify.verdict import Verdict, judge

_OPERATIONAL_KEY = ("subject", "environment", "location")
_OTHER_KEY = ("class", *_OPERATIONAL_KEY)
_REMEMBERED = 8_192
_LARGEST_REMEMBERED = 4_096
"""Characters in the labels of an alert whose classification is remembered."""

SUBJECTS = ("service", "namespace", "instance", "alertname")
"""What an alert is about: the first of these that it has."""

Outcome = Classification | Dropped


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of an alert before the rules."""

    sight: Sight
    environment: Environment | None
    service: Service | None
    reasons: tuple[str, ...]


class Classifier:
    """Classifies alerts by one plan; make a new one for a new plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rules = MatcherIndex([_alternatives(rule.match, rule.match_any) for rule in plan.rules])
        self._environments = tuple(plan.environments.values())
        self._environment_index = MatcherIndex([_environment_condition(each) for each in self._environments])
        self._usual = next(iter(plan.environments), "prod")
        self._matched_services = tuple(service for service in plan.services.values() if service.match)
        self._service_index = MatcherIndex([(service.match,) for service in self._matched_services])
        self._heartbeats = tuple(plan.heartbeats)
        self._heartbeat_index = MatcherIndex([(heartbeat.match,) for heartbeat in plan.heartbeats.values()])
        self._ends = sorted({rule.until for rule in plan.rules if rule.until is not None})
        indexes = (self._rules, self._environment_index, self._service_index, self._heartbeat_index)
        self._subjects, self._names = _looked_at(plan, *indexes)
        self._memo: dict[tuple[int, str, str, frozenset[tuple[str, str]]], Outcome] = {}

    def classify(self, alert: Alert, now: Millis) -> Outcome:
        """What the alert is by the plan, at this time. Of one source, alerts are the same that
        differ only in labels at which the plan never looks: the many pods of a service are classified once."""
        labels = alert.labels
        if sum(map(len, labels)) + sum(map(len, labels.values())) > _LARGEST_REMEMBERED:
            return self._decide(alert, now)
        # What an alert is about is its instance only if nothing better is known of it.
        about = "" if any(labels.get(name) for name in self._subjects) else labels.get("instance", "")
        names = self._names
        seen = frozenset([item for item in labels.items() if item[0] in names])
        key = (bisect_right(self._ends, now), alert.source, about, seen)
        outcome = self._memo.get(key)
        if outcome is None:
            outcome = self._decide(alert, now)
            if len(self._memo) >= _REMEMBERED:
                del self._memo[next(iter(self._memo))]
            self._memo[key] = outcome
        return outcome

    def declared(self, alert: Alert, verdict: Verdict) -> Classification:
        """How the plan grades what a person says, in place of its rules; ``alert`` has what is known as labels."""
        return self._conclude(self._find(first_sight(alert, self._plan)), verdict)

    def sight_of(self, alert: Alert) -> Sight:
        """The labels and words of an alert as the rules see them."""
        return self._find(first_sight(alert, self._plan)).sight

    def _decide(self, alert: Alert, now: Millis) -> Outcome:
        found = self._find(first_sight(alert, self._plan))
        if heard := tuple(self._heartbeats[number] for number in self._heartbeat_index.hits(found.sight.value)):
            return Dropped(DropReason.HEARTBEAT, heard[0], f"a sign of life of {', '.join(heard)}", heard)
        if found.environment is not None and found.environment.drop:
            return Dropped(DropReason.ENVIRONMENT, found.environment.name, found.environment.drop)
        verdict = judge(self._matching(found.sight), now)
        return verdict if isinstance(verdict, Dropped) else self._conclude(found, verdict)

    def _matching(self, sight: Sight) -> Iterator[Rule]:
        return (self._plan.rules[number] for number in self._rules.hits(sight.value))

    def _find(self, sight: Sight) -> _Found:
        """Environment, then catalogue."""
        environment, name, why = self._environment(sight)
        sight = sight.knowing(environment=name)
        service, service_name, service_why = self._service(sight)
        words = self._words(sight, service, service_name)
        return _Found(sight.knowing(**words), environment, service, (why, service_why))

    def _environment(self, sight: Sight) -> tuple[Environment | None, str, str]:
        if not self._environments:
            name = sight.value("environment") or "prod"
            return None, name, f"environment {shown(name)}"
        for number in self._environment_index.hits(sight.value):
            found = self._environments[number]
            return found, found.name, f"environment {found.name} matches"
        first = self._environments[0]
        return first, first.name, f"environment {first.name}, the first listed, since none matches"

    def _service(self, sight: Sight) -> tuple[Service | None, str, str]:
        """A label's value that the catalogue names, else the first whose matchers hold, else an unknown one."""
        values = found_values(sight.labels, self._plan.labels["service"])
        for value in values:
            if value in self._plan.services:
                return self._plan.services[value], value, f"service {shown(value)} is named by a label"
        for number in self._service_index.hits(sight.value):
            service = self._matched_services[number]
            return service, service.name, f"service {shown(service.name)} by its matchers in the catalogue"
        if values:
            return None, values[0], f"service {shown(values[0])} is not in the catalogue"
        return None, "", "no service is known"

    def _words(self, sight: Sight, service: Service | None, name: str) -> dict[str, str]:
        """The plan's words that follow from the service; a vendor may also be named by the alert itself."""
        named = sight.labels.get("vendor", "")
        vendor = named if named in self._plan.vendors else ""
        return {
            "service": name,
            "location": self._located(sight, service),
            "importance": (service.importance or "") if service is not None else "",
            "vendor": (service.vendor if service is not None else "") or vendor,
        }

    def _located(self, sight: Sight, service: Service | None) -> str:
        values = found_values(sight.labels, self._plan.labels["location"])
        return values[0] if values else service.location if service is not None else ""

    def _conclude(self, found: _Found, verdict: Verdict) -> Classification:
        """Put together what the alert, the catalogue and the rules say."""
        sight, service = found.sight, found.service
        if (named := verdict.get("service")) is not None:
            service = self._plan.services[named]
            sight = sight.knowing(**self._words(sight, service, named))
        if (vendor := verdict.get("vendor")) is not None:
            sight = sight.knowing(vendor=vendor)
        class_ = self._plan.classes[verdict.get("class_") or OTHER]
        own = verdict.get("outage")
        around = Circumstances(
            service=service,
            vendor=self._plan.vendors.get(sight.value("vendor")),
            environment=found.environment,
            outage=class_.outage if own is None else own,
        )
        graded = grade(self._plan, verdict, around)
        wait = verdict.get("wait")
        drill = sight.labels.get("drill") == "true"
        titles = titles_of(verdict.get("title"), class_.title, sight, self._usual)
        names = verdict.get("incident_by") or (_OPERATIONAL_KEY if class_.operational else _OTHER_KEY)
        return Classification(
            rule=verdict.rule,
            class_=class_.name,
            subtype=subtype_of(class_.name, verdict.get("subtype") or ""),
            tier=graded.tier,
            impact=verdict.get("impact") or "narrow",
            importance=sight.value("importance"),
            outage=around.outage,
            operational=class_.operational,
            rto=graded.rto,
            sla_limit=graded.sla_limit,
            max_tier=graded.max_tier,
            wait=self._plan.tiers[graded.tier].wait if wait is None else wait,
            title=titles.title,
            plain_title=titles.plain,
            links=links_of(verdict.get("links") or {}, sight),
            service=sight.value("service"),
            environment=sight.value("environment"),
            location=sight.value("location"),
            vendor=sight.value("vendor"),
            key=_key(names, class_.name, sight, drill=drill),
            drill=drill,
            matched=tuple(verdict.matched),
            reasons=(*found.reasons, *verdict.reasons, *graded.reasons),
            plan=self._plan.hash,
        )


def _looked_at(plan: Plan, *indexes: MatcherIndex) -> tuple[frozenset[str], frozenset[str]]:
    """The labels each of which gives an alert a subject without its instance; and all that the plan looks at."""
    namespace = set() if "namespace" in plan.labels else {"namespace"}
    subjects = {*plan.labels["service"], *namespace}
    names = {"vendor", "drill", "namespace", "alertname"}
    names.update(*plan.labels.values())
    for rule in plan.rules:
        names.update(rule.incident_by or ())
        names.update(rule.title.names if rule.title is not None else ())
        names.update(*(link.names for link in (rule.links or {}).values()))
    for index in indexes:
        names.update(index.names)
    return frozenset(subjects), frozenset(name.removeprefix(RAW) for name in names) | names


def _alternatives(match: Sequence[Matcher], match_any: Sequence[Sequence[Matcher]]) -> Condition:
    """``match`` and one of ``match_any`` must hold, as far as they are given."""
    return [(*match, *alternative) for alternative in match_any or ((),)]


def _environment_condition(environment: Environment) -> Condition:
    """Its matchers; one without any is known by its name."""
    if environment.match or environment.match_any:
        return _alternatives(environment.match, environment.match_any)
    return ((Matcher("environment", "=", environment.name),),)


def _subject(sight: Sight) -> str:
    """What an alert is about: its service, else namespace, else instance, else its name."""
    return next(filter(None, map(sight.value, SUBJECTS)), "")


def _key(names: Sequence[str], class_: str, sight: Sight, *, drill: bool) -> tuple[tuple[str, str], ...]:
    """The incident key, part by part; a drill has a part more, so that it never joins reality."""
    special = {"class": class_, "subject": _subject(sight)}
    parts = [(name, special[name] if name in special else sight.value(name)) for name in names]
    return (*parts, ("drill", "true")) if drill else tuple(parts)
