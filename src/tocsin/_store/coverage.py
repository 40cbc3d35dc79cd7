"""Which rules matched how often, and when last: counted in the step that stores the alerts, so no restart loses any."""

from __future__ import annotations

import msgspec

from tocsin._core.times import Millis
from tocsin._store.client import Store


class Matches(msgspec.Struct, frozen=True):
    """How often a rule matched, and when last (by the receipt of the alert)."""

    count: int
    last: Millis


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the store counted since ``since`` (``None``: nothing yet).

    ``alerts`` fired anew, ``unclassified`` of them by no rule's decision; ``dropped`` counts each post of an alert
    that the plan drops. ``rules`` has every rule that ever matched by its name, of whatever plan, those that
    go on (``continue``) and those that drop too.
    """

    since: Millis | None = None
    alerts: int = 0
    unclassified: int = 0
    dropped: int = 0
    rules: dict[str, Matches] = {}


async def coverage(store: Store) -> Coverage:
    """What was counted, over all shards. Raises ``StoreUnavailable``."""
    pipe = store.pipeline()
    for keys in store.shards:
        pipe.hgetall(keys.coverage)
    since: list[Millis] = []
    totals = {"alerts": 0, "unclassified": 0, "dropped": 0}
    rules: dict[str, Matches] = {}
    for raw in await store.call(pipe.execute()):
        row = {name.decode("utf-8", "replace"): int(value) for name, value in raw.items()}
        since += [row["since"]] if "since" in row else []
        for name in totals:
            totals[name] += row.get(name, 0)
        for name in (name.removeprefix("n|") for name in row if name.startswith("n|")):
            before = rules.get(name, Matches(0, 0))
            rules[name] = Matches(before.count + row[f"n|{name}"], max(before.last, row[f"t|{name}"]))
    return Coverage(since=min(since, default=None), rules=rules, **totals)
