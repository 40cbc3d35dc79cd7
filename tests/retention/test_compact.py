"""A closed incident as one small value: what is kept of it, and how large it is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from tests.support.world import classified

from tocsin._core.errors import StoreMismatch
from tocsin._core.ids import delivery_id, incident_id, notice_id
from tocsin._core.incident import Acknowledgement, Attempt, Delivery, Incident
from tocsin._core.model import Text, Tier
from tocsin._core.plan import GROUPS
from tocsin._core.timeline import LEFT_OUT, Break, Head, TimelineEntry, chained, entry_item, first_break
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._core.why import Tried, Why
from tocsin._store.compact import LIMIT, Kept, incident_of, is_compact, packed, unpacked

START = 1_780_000_000_000
KEY = "8a1f03c2d4e5960718293a4b5c6d7e8f"


def incident(**changes: Any) -> Incident:
    """A closed one of a high tier."""
    fields: dict[str, Any] = {
        "id": incident_id(KEY, START),
        "key": KEY,
        "key_text": "subject=payments environment=prod location=cn-east-1",
        "revision": 14,
        "sequence": 9,
        "class_": "critical_function_outage",
        "tier": Tier.HIGH,
        "state": "closed",
        "title": Text("Critical function outage: payments", "关键业务功能中断：payments"),
        "services": ("payments",),
        "decision": classified(),
        "rto": 2 * HOUR,
        "started_at": START,
        "first_at": START + 31_207,
        "announce_at": START + 31_207,
        "announced_at": START + 31_311,
        "cleared_at": START + 50 * MINUTE,
        "closed_at": START + 6 * HOUR,
        "outcome": "recovered",
        "total": 7,
        "told": GROUPS,
        "acknowledged_by": "zhang.wei",
        "acknowledged_at": START + 4 * MINUTE,
        "acknowledgements": tuple(
            Acknowledgement(group=group, by=f"person.{group}", at=START + MINUTE) for group in GROUPS
        ),
        **changes,
    }
    return Incident(**fields)


def timeline(number: int) -> tuple[TimelineEntry, ...]:
    """Entries as people and rules make them, no two alike."""
    entries = (
        TimelineEntry(
            at=START + index * 97 * SECOND + index * 13,
            actor=("zhang.wei", "system:payment-gateway-down@0123456789ab")[index % 2],
            action=("note", "alerts_added", "escalated")[index % 3],
            detail={"said": f"replica {index * 7919 % 1000} of the gateway was restarted", "group": "technical"},
        )
        for index in range(number)
    )
    return chained(incident().id, Head(entries=0, hash=""), entries)


def verdict(found: Kept, full: tuple[TimelineEntry, ...]) -> Break | None:
    """Whether what is left of a timeline is one chain, up to the head that it had."""
    head = Head(entries=len(full), hash=full[-1].hash)
    return first_break(incident().id, [entry_item(entry) for entry in found.timeline], head)


def deliveries(notices: int, tries: int = 1) -> tuple[Delivery, ...]:
    """Each notice to all groups, accepted at the last try."""
    made: list[Delivery] = []
    for number in range(1, notices + 1):
        for group in GROUPS:
            notice, channel, at = notice_id(incident().id, number), f"{group}-hook", START + number * 5 * MINUTE
            attempts = [
                Attempt(
                    at=at + n * 1_013 + len(made) * n * 7919 % 997, result="retried", error=f"answered {500 + n % 5}"
                )
                for n in range(tries - 1)
            ]
            made.append(
                Delivery(
                    id=delivery_id(notice, group, channel),
                    notice=notice,
                    incident=incident().id,
                    key=KEY,
                    sequence=number,
                    event="opened" if number == 1 else "alerts_added",
                    tier=Tier.HIGH,
                    channel=channel,
                    group=group,
                    groups=(group,),
                    lane=group,
                    language="zh",
                    timezone="Asia/Shanghai",
                    details="full",
                    state="accepted",
                    attempts=(*attempts, Attempt(at=at + tries * 1_013 + len(made) * 7, result="accepted")),
                    created_at=at,
                    since=at,
                    due=at,
                )
            )
    return tuple(made)


def why(rules: int) -> Why:
    """An explanation with rules that were tried."""
    tried = tuple(
        Tried(rule=f"rule-{n}", place=f"10-rules.yaml:{n * 12}", matched=False, failed=f'alertname="A{n}"', saw="Down")
        for n in range(rules)
    )
    return Why(groups=GROUPS, reasons=("core service × wide impact: high",), tried=tried, plan="0123456789ab")


def test_an_ordinary_incident_is_kept_whole() -> None:
    """Nine notices to five groups, twelve entries and the rules that were tried fit, word for word."""
    kept = Kept(timeline=timeline(12), deliveries=deliveries(9), why=why(10))
    body = packed(incident(), kept)
    assert is_compact(body)
    assert len(body) <= LIMIT
    assert incident_of(body) == incident()
    assert unpacked(body) == kept


def test_of_many_tries_the_last_is_kept() -> None:
    """Where the tries of deliveries do not fit, the last of each stays."""
    kept = Kept(timeline=timeline(12), deliveries=deliveries(9, tries=20), why=why(10))
    found = unpacked(packed(incident(), kept))
    assert [each.attempts for each in found.deliveries] == [each.attempts[-1:] for each in kept.deliveries]
    assert found.timeline == kept.timeline


def test_a_huge_incident_says_what_was_left_out() -> None:
    """500 entries and 2,500 deliveries: both ends of each are kept as they were, and the middle is counted."""
    kept = Kept(timeline=timeline(500), deliveries=deliveries(500, tries=3), why=why(50))
    body = packed(incident(total=10_000, services=tuple(f"service-{n}" for n in range(20))), kept)
    found = unpacked(body)
    assert LIMIT * 0.8 < len(body) <= LIMIT
    place = next(index for index, entry in enumerate(found.timeline) if entry.action == LEFT_OUT)
    mark, after = found.timeline[place], found.timeline[place + 1 :]
    assert found.timeline[:place] == kept.timeline[:place]
    assert after == kept.timeline[-len(after) :]
    assert place >= 4
    assert mark.detail["entries"] + place + len(after) == 500
    assert verdict(found, kept.timeline) is None
    assert mark.at == kept.timeline[-len(after) - 1].at
    assert found.deliveries_left_out + len(found.deliveries) == 2_500
    assert found.why is not None
    assert found.why.left_out == 50


def test_compacting_again_counts_what_was_left_out_before() -> None:
    """Numbers of what was left out add up."""
    long = Kept(timeline=timeline(500), deliveries=deliveries(100))
    once = unpacked(packed(incident(), long))
    again = unpacked(packed(incident(services=tuple(f"{n * 7919:x}-service" for n in range(150))), once))
    (mark,) = (entry for entry in again.timeline if entry.action == LEFT_OUT)
    assert mark.detail["entries"] + len(again.timeline) - 1 == 500
    assert verdict(again, long.timeline) is None
    assert again.deliveries_left_out + len(again.deliveries) == 500


def test_a_changed_end_is_found_though_the_middle_is_gone() -> None:
    """A cut timeline is still a chain: an entry that is changed, or left out without a word, breaks it."""
    full = timeline(500)
    found = unpacked(packed(incident(), Kept(timeline=full)))
    place = next(index for index, entry in enumerate(found.timeline) if entry.action == LEFT_OUT)
    for wrong in (0, place - 1, place + 1, len(found.timeline) - 1):
        entries = list(found.timeline)
        entries[wrong] = replace(entries[wrong], actor="li.na")
        broken = verdict(replace(found, timeline=tuple(entries)), full)
        assert broken is not None
        assert broken.seq == found.timeline[wrong].seq
        del entries[wrong]
        assert verdict(replace(found, timeline=tuple(entries)), full) is not None
    unmarked = (*found.timeline[:place], *found.timeline[place + 1 :])
    assert verdict(replace(found, timeline=unmarked), full) is not None


def test_hashes_that_do_not_follow_are_kept() -> None:
    """A timeline that was broken before it was compacted stays as it was, and is found to be broken where it was."""
    full = timeline(12)
    forged = (*full[:4], replace(full[4], actor="li.na"), *full[5:])
    found = unpacked(packed(incident(), Kept(timeline=forged)))
    assert found.timeline == forged
    broken = verdict(found, full)
    assert broken is not None
    assert broken.seq == 5


def test_an_incident_that_is_large_itself_is_not_cut() -> None:
    """What the incident itself says stays, whatever it takes; of the rest only the ends of the timeline do."""
    text = " ".join(f"{n * 7919:x}" for n in range(3_000))
    large = incident(key_text=text)
    body = packed(large, Kept(timeline=timeline(100), deliveries=deliveries(2)))
    assert len(body) > LIMIT
    assert incident_of(body) == large
    assert [entry.action == LEFT_OUT for entry in unpacked(body).timeline] == [False, True, False]
    assert unpacked(body).deliveries_left_out == 10


@pytest.mark.parametrize(
    "damage",
    [lambda body: body[:2], lambda body: body[:40], lambda body: body[:-20], lambda body: body[:8] + b"x" * 90],
)
def test_a_damaged_value_is_told_as_such(damage: Any) -> None:
    """Bytes that are none of ours are a ``StoreMismatch``, as with any stored value."""
    body = damage(packed(incident(), Kept(timeline=timeline(3))))
    with pytest.raises(StoreMismatch):
        _ = (incident_of(body), unpacked(body))


async def test_what_it_takes_of_the_store(redis: Redis) -> None:
    """The fullest value, with its key and its entries in two indexes, takes at most 4 KB."""
    kept = Kept(timeline=timeline(500), deliveries=deliveries(500), why=why(50))
    name = f"{{tocsin:0}}:incident:{incident().id}"
    await redis.set(name, packed(incident(total=10_000), kept))
    number = 500
    indexes = ("{tocsin:0}:closed", "{tocsin:0}:closed-at")
    for index in indexes:
        await redis.zadd(index, {f"INC-260302-{n:06}": START + n for n in range(number)})
    taken = [await redis.memory_usage(key, samples=0) or 0 for key in (name, *indexes)]
    assert taken[0] + sum(taken[1:]) / number <= 4_096
