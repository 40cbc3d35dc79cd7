"""What entries say of each other: names that must exist, and fields that do not go together.

In: the entries that are sound by themselves, and the tree they came from (which also holds the names of
those that are not, so that one mistake is one problem). Out: problems.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.model import Tier
from tocsin._core.problems import Problem
from tocsin._core.record import SUBTYPES, is_subtype
from tocsin._core.times import format_duration
from tocsin._core.watch import SILENCE
from tocsin._plan.defaults import CLASSES, SOURCES, TIER_LIMITS
from tocsin._plan.review import Review
from tocsin._plan.rules import RuleEntry
from tocsin._plan.senders import MappingEntry
from tocsin._plan.source import Location, locate
from tocsin._plan.telling import Telling


class Reviewer(Review):
    """Looks at all of it."""

    def problems(self) -> Iterator[Problem]:
        """All there are, in no order."""
        yield from self._tiers()
        yield from self._escalation()
        yield from Telling(self.plan, self.rules, self.root, self.sources).problems()
        yield from self._services()
        yield from self._environments()
        yield from self._sources_and_tokens()
        yield from self._heartbeats()
        yield from self._rule_names()
        for index, rule in self.rules.items():
            yield from self._rule_references(index, rule)
            yield from self._rule_fields(index, rule)

    def _tiers(self) -> Iterator[Problem]:
        for name, tier in self.plan.tiers.items():
            for field in ("rto", "wait", "tell"):
                if field in tier.model_fields_set and getattr(tier, field) is None:
                    yield self._problem(("tiers", name, field), f"`{field}` cannot be taken away from a tier")
            limit = TIER_LIMITS.get(Tier(name))
            if limit is not None and tier.rto is not None and tier.rto > limit:
                yield self._problem(
                    ("tiers", name, "rto"), f"the {name} tier recovers within {format_duration(limit)} at most"
                )
            if name == "high" and tier.auto_restore is not None:
                yield self._problem(
                    ("tiers", name, "auto_restore"),
                    "a high incident is never closed by signals alone; take `auto_restore` out",
                    key=True,
                )

    def _escalation(self) -> Iterator[Problem]:
        for tier, stages in self.plan.escalation.items():
            names = [stage.name for stage in stages]
            for index, stage in enumerate(stages):
                if stage.name in names[:index]:
                    there = locate(self.root, ("escalation", tier, names.index(stage.name), "name"))
                    message = f"the stage `{stage.name}` is defined twice in this tier; the first is at {there.exactly}"
                    yield self._problem(("escalation", tier, index, "name"), message)

    def _services(self) -> Iterator[Problem]:
        vendors, teams = self._defined("vendors"), self._defined("teams")
        for name, service in self.plan.services.items():
            yield from self._listed(("services", name, "teams"), "team", service.teams, teams)
            if service.vendor is not None:
                yield from self._unknown(("services", name, "vendor"), "vendor", service.vendor, vendors)

    def _environments(self) -> Iterator[Problem]:
        for name, environment in self.plan.environments.items():
            if environment.drop is not None and environment.max_tier is not None:
                yield self._problem(
                    ("environments", name, "max_tier"), "an environment that is dropped has no tier; take one out"
                )

    def _sources_and_tokens(self) -> Iterator[Problem]:
        for name, source in self.plan.sources.items():
            if name in SOURCES and source.type not in (None, name):
                yield self._problem(
                    ("sources", name, "type"), f"the source `{name}` is of type {name}; give another name"
                )
            elif name not in SOURCES and not self._written("sources", name, "type"):
                yield self._problem(
                    ("sources", name), f"`type` is missing; write one of {', '.join((*SOURCES, 'mapping'))}", key=True
                )
            if isinstance(source, MappingEntry):
                yield from self._mapping(name, source)
        known = self._defined("sources", SOURCES)
        yield from self._equal_tokens()
        for name, token in self.plan.tokens.items():
            if token.source is None:
                continue
            yield from self._unknown(("tokens", name, "source"), "source", token.source, known)
            if "ingest" not in token.may:
                yield self._problem(
                    ("tokens", name, "source"),
                    "only a token that may ingest has a source; add `ingest` to `may`, or take `source` out",
                )

    def _heartbeats(self) -> Iterator[Problem]:
        known = self._defined("classes", CLASSES)
        for name, heartbeat in self.plan.heartbeats.items():
            yield from self._unknown(("heartbeats", name, "class"), "class", heartbeat.class_, known)
        if self._written("sources", SILENCE.name):
            message = f"`{SILENCE.name}` is the name under which Tocsin tells of heartbeats; give another name"
            yield self._problem(("sources", SILENCE.name), message, key=True)

    def _mapping(self, name: str, source: MappingEntry) -> Iterator[Problem]:
        """A status that can be told, one way only; and an end."""
        status = source.status
        ends = source.ends_at is not None or source.expires is not None
        if not ends and (status is None or not (status.resolved or status.default == "resolved")):
            message = "nothing says when its alerts end; write `status` with `resolved`, or `ends_at`, or `expires`"
            yield self._problem(("sources", name), message, key=True, warning=True)
        if status is None:
            return
        if not any(self._written("sources", name, "status", field) for field in ("firing", "resolved")):
            message = "`status` says of no value what it means; list values under `firing`, `resolved` or both"
            yield self._problem(("sources", name, "status"), message, key=True)
        for index, value in enumerate(status.resolved or ()):
            if value in (status.firing or ()):
                message = f"`{value}` stands under `firing` too; a value means one of the two"
                yield self._problem(("sources", name, "status", "resolved", index), message)

    def _equal_tokens(self) -> Iterator[Problem]:
        """Two names for one token: who posts could not be told, nor what they may do."""
        programs = [(("tokens", name, "token"), entry.token) for name, entry in self.plan.tokens.items()]
        people = [(("people", name, "token"), entry.token) for name, entry in self.plan.people.items()]
        first: dict[str, Location] = {}
        for location, token in (*programs, *people):
            value = token.reveal() if token is not None else ""
            if value and first.setdefault(value, location) != location:
                section, name, _ = first[value]
                message = f"this is the same token as that of `{name}` in `{section}`; each needs its own"
                yield self._problem(location, message)

    def _rule_names(self) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for index, rule in self.rules.items():
            if rule.name in first:
                there = locate(self.root, ("rules", first[rule.name], "name"))
                yield self._problem(
                    ("rules", index, "name"),
                    f"the rule `{rule.name}` is defined twice; the first is at {there.exactly}",
                )
            first.setdefault(rule.name, index)

    def _rule_references(self, index: int, rule: RuleEntry) -> Iterator[Problem]:
        named = (
            ("class", rule.class_, self._defined("classes", CLASSES)),
            ("service", rule.service, self._defined("services")),
            ("vendor", rule.vendor, self._defined("vendors")),
        )
        for field, name, known in named:
            if name is not None:
                yield from self._unknown(("rules", index, field), field, name, known)
        if rule.class_ is not None and rule.subtype is not None and not is_subtype(rule.class_, rule.subtype):
            yield from self._unknown(("rules", index, "subtype"), "subtype", rule.subtype, SUBTYPES[rule.class_])

    def _rule_fields(self, index: int, rule: RuleEntry) -> Iterator[Problem]:
        given = {RuleEntry.model_fields[field].alias or field for field in rule.model_fields_set}
        if rule.until is not None and not self._written("rules", index, "drop"):
            yield self._problem(
                ("rules", index, "until"), "`until` ends a `drop`, and this rule has none; take it out", key=True
            )
        if rule.drop is None:
            return
        beside = sorted(given - {"name", "match", "match_any", "drop", "until"})
        if rule.continue_ is False:
            beside = [field for field in beside if field != "continue"]
        for field in beside:
            yield self._problem(
                ("rules", index, field),
                f"a rule that drops decides nothing else; take `{field}` out, or `drop`",
                key=True,
            )
