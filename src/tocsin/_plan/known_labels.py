"""Which labels a plan knows of, so that a misspelt one in a title or link can be told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from tocsin._core.pattern import WORDS
from tocsin._plan import defaults
from tocsin._plan.schema import PlanFile
from tocsin._plan.senders import MappingEntry
from tocsin._plan.sequences import steps_of

_KUBERNETES = (
    "namespace pod container node cluster deployment statefulset daemonset replicaset cronjob persistentvolumeclaim "
    "horizontalpodautoscaler ingress resource reason phase condition component"
)
_MACHINES = "instance host hostname nodename device mountpoint fstype interface cpu mode ip name"
_PROGRAMS = (
    "job prometheus endpoint replica exported_job exported_instance exported_namespace job_name app application "
    "database topic consumergroup queue url target path code method status version"
)
USUAL = frozenset(f"alertname severity team env region zone drill {_KUBERNETES} {_MACHINES} {_PROGRAMS}".split())
"""Labels that the exporters and rule collections around Prometheus use, by their usual names."""


def known_labels(plan: PlanFile) -> frozenset[str]:
    """The plan's words, the usual labels, and each label that anything in the plan names."""
    return WORDS | USUAL | frozenset(_named(plan))


def meant(name: str, known: Iterable[str]) -> str:
    """The label that is likely meant, as the end of a message."""
    close = difflib.get_close_matches(name[:100], sorted(known), n=1, cutoff=0.75)
    return f"; did you mean `{close[0]}`?" if close else "; name it in a matcher or a test if your alerts have it"


def _named(plan: PlanFile) -> Iterator[str]:
    strings = [string for rule in plan.rules for string in (*rule.match, *rule.match_any)]
    strings += (string for each in plan.environments.values() for string in (*each.match, *each.match_any))
    strings += (string for service in plan.services.values() for string in service.match)
    strings += (string for heartbeat in plan.heartbeats.values() for string in heartbeat.match)
    yield from (matcher.name.removeprefix("labels.") for string in strings for matcher in string)
    for rule in plan.rules:
        yield from rule.incident_by or ()
    for word, names in defaults.LABELS.items():
        yield from getattr(plan.labels, word) or names
    for source in plan.sources.values():
        yield from source.labels
        yield from source.replica_labels or ()
        if isinstance(source, MappingEntry):
            yield from source.defaults
    for test in plan.tests:
        yield from test.alert.labels if test.alert is not None else ()
        yield from (label for step in steps_of(test.alerts or []) for label in step.labels)
