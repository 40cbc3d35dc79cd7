"""What is new, what is repeated, what ended, and what comes too late."""

from __future__ import annotations

import pytest
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.errors import StoreMismatch
from tocsin._core.model import Dropped, DropReason
from tocsin._core.plan import GROUPS
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.client import Store

KEY_B = (("subject", "orders"), ("environment", "prod"), ("location", ""))


async def test_a_pair_is_one_alert(world: World) -> None:
    """Two replicas of a Prometheus differ in their replica label and their start, and are one alert."""
    first = {"alertname": "A", "prometheus_replica": "p0"}
    second = {"alertname": "A", "prometheus_replica": "p1"}
    assert await world.fire(labels=first) == "n"
    world.clock.advance(7 * SECOND)
    assert await world.fire(labels=second) == "r"
    await world.settle()
    assert world.told("technical") == ["opened"]


async def test_a_pair_in_one_payload(world: World) -> None:
    """Where one of a pair has ended and the other fires, in one payload, the alert fires."""
    ends = world.clock.now()
    ended = world.alert("A", labels={"alertname": "A", "__replica__": "1"}, firing=False, ends_at=ends)
    firing = world.alert("A", labels={"alertname": "A", "__replica__": "2"})
    for batch in ((firing, ended), (ended, firing)):
        taken = await world.post(*((alert, classified()) for alert in batch))
        assert taken.receipt.received == taken.receipt.new + taken.receipt.repeated == 2
    assert (await world.post((firing, classified()))).outcomes == ("r",)


async def test_the_last_word_of_one_series_counts(world: World) -> None:
    """A batch that says of one series first that it fires, and then that it ended, ends it."""
    await world.fire()
    firing = world.alert("A")
    ended = world.alert("A", firing=False, ends_at=world.clock.now())
    taken = await world.post((firing, classified()), (ended, classified()))
    assert sorted(taken.outcomes) == ["e", "r"]


async def test_a_restart_of_prometheus_is_no_news(world: World) -> None:
    """After a restart the same alert comes with a later start: it fires already, so it is repeated."""
    await world.fire()
    await world.wait(2 * MINUTE)
    assert await world.fire(starts_at=world.clock.now()) == "r"


async def test_late_news_after_an_end(world: World) -> None:
    """Firing news without a later start, within two minutes of the end's receipt, is late; after that it is new."""
    start = world.clock.now()
    await world.fire(starts_at=start)
    world.clock.advance(1 * MINUTE)
    assert await world.resolve() == "e"
    world.clock.advance(119 * SECOND)
    assert await world.fire(starts_at=start) == "r"
    world.clock.advance(2 * SECOND)
    assert await world.fire(starts_at=start) == "n"


async def test_a_later_start_is_new_at_once(world: World) -> None:
    """Firing news with a start later than the recorded end, or with none, is fired anew."""
    await world.fire()
    world.clock.advance(1 * MINUTE)
    await world.resolve()
    world.clock.advance(1 * SECOND)
    assert await world.fire(starts_at=world.clock.now()) == "n"
    await world.resolve()
    world.clock.advance(1 * SECOND)
    assert await world.fire(starts_at=None) == "n"


async def test_the_end_before_the_beginning(world: World) -> None:
    """An end that overtakes its beginning leaves the same as in order: nothing fires."""
    start = world.clock.now()
    world.clock.advance(30 * SECOND)
    assert await world.resolve(starts_at=start) == "r"
    world.clock.advance(1 * SECOND)
    assert await world.fire(starts_at=start) == "r"
    await world.settle()
    assert await world.incidents() == ()


async def test_a_known_end_is_no_news(world: World) -> None:
    """One of a pair repeats its end for a quarter of an hour: that neither ends what the other fires, nor does it
    stretch the two minutes for which the other's news counts as late."""
    start = world.clock.now()
    await world.fire(starts_at=start)
    world.clock.advance(1 * MINUTE)
    ended = world.clock.now()
    assert await world.resolve(ends_at=ended) == "e"
    world.clock.advance(1 * MINUTE)
    assert await world.resolve(ends_at=ended) == "r"
    world.clock.advance(61 * SECOND)
    assert await world.fire(starts_at=start) == "n"
    world.clock.advance(1 * MINUTE)
    assert await world.resolve(ends_at=ended) == "r"
    assert await world.fire(starts_at=start) == "r"
    assert await world.resolve(ends_at=world.clock.now()) == "e"


async def test_a_notice_is_bounded(world: World) -> None:
    """However large its alerts are, a notice shows what fits, and counts the rest."""
    for number in range(10):
        labels = {"alertname": f"A{number}", "text": "x" * 60_000}
        await world.fire(labels=labels)
    await world.settle()
    notice = world.sinks["data-hook"].got[0].body["notice"]
    assert (len(notice.alerts), notice.truncated_alerts) == (4, 6)


async def test_what_was_received_earlier_undoes_nothing(world: World) -> None:
    """A message received earlier that reaches the store later changes nothing."""
    await world.fire()
    earlier = world.clock.now()
    world.clock.advance(10 * SECOND)
    await world.resolve()
    taken = await world.post((world.alert("A", received_at=earlier), classified()), at=earlier)
    assert taken.outcomes == ("r",)
    await world.settle()
    assert (await world.incident()).signals == "cleared"


async def test_an_alert_stays_with_its_incident(world: World) -> None:
    """While it fires, an alert belongs to the incident it joined, whatever a new plan says of its key."""
    await world.fire()
    await world.settle()
    moved = classified(key=KEY_B, service="orders")
    assert await world.fire(said=moved) == "r"
    assert await world.resolve(said=moved) == "e"
    await world.wait(1 * SECOND)
    assert (await world.incident()).signals == "cleared"
    world.clock.advance(3 * MINUTE)
    assert await world.fire(said=moved) == "n"
    await world.settle()
    assert len(await world.incidents()) == 2


async def test_an_alert_that_a_new_plan_drops_still_ends(world: World) -> None:
    """Dropped by a plan that came after it fired, an alert is renewed and ends; anew it is dropped."""
    dropped = Dropped(DropReason.RULE, "known", "TICKET-1")
    await world.fire()
    await world.settle()
    assert (await world.post((world.alert("A"), dropped))).outcomes == ("r",)
    ended = world.alert("A", firing=False, ends_at=world.clock.now())
    assert (await world.post((ended, dropped))).outcomes == ("e",)
    world.clock.advance(3 * MINUTE)
    assert (await world.post((world.alert("A"), dropped))).outcomes == ("d",)
    await world.settle()
    assert world.told("data") == ["opened", "cleared resolved"]


async def test_a_gap_in_intake_is_no_silence(world: World) -> None:
    """While no alerts could be taken nothing expires, nor for a full period after they can be again."""
    await world.fire()
    await world.settle()
    world.clock.advance(1 * HOUR)
    await world.wait(4 * MINUTE + 50 * SECOND)
    assert world.told("data") == ["opened"]
    await world.wait(20 * SECOND)
    assert world.told("data") == ["opened", "cleared not_seen"]


async def test_an_end_that_runs_out_is_an_expiry(world: World) -> None:
    """An ``endsAt`` that passes without a resolution is a signal lost, not a recovery."""
    await world.fire(ends_at=world.clock.now() + 90 * SECOND)
    await world.wait(80 * SECOND)
    assert world.told("data") == ["opened"]
    await world.wait(20 * SECOND)
    assert world.told("data") == ["opened", "cleared not_seen"]
    assert await world.fire() == "n"


async def test_an_end_in_the_past_of_what_fires_is_none(world: World) -> None:
    """What a sender says fires, with an end that is over, fires and is repeated like one without an end."""
    past = world.clock.now() - 1 * HOUR
    assert await world.fire(ends_at=past) == "n"
    await world.wait(1 * MINUTE)
    assert await world.fire(ends_at=past) == "r"
    assert world.told("data") == ["opened"]


async def test_truncated_alerts_are_noted(world: World) -> None:
    """Alerts that a sender left out of a group are noted on the incident, and are no resolution."""
    await world.fire(source="alertmanager", truncated=7)
    await world.settle()
    assert (await world.incident()).truncated == 7
    await world.wait(1 * SECOND)
    await world.fire(source="alertmanager", truncated=9)
    await world.wait(1 * SECOND)
    incident = await world.incident()
    assert (incident.truncated, incident.signals) == (9, "firing")
    assert "alerts_truncated" in await world.actions(incident)


async def test_ten_thousand_alerts_on_one_key(world: World) -> None:
    """A storm on one key is one incident, told once, and shows no more than twenty of its alerts."""
    batch = [(world.alert(f"A{number}"), classified()) for number in range(10_000)]
    taken = await world.post(*batch)
    assert taken.receipt.new == 10_000
    await world.settle()
    incident = await world.incident()
    assert (incident.firing, incident.total) == (10_000, 10_000)
    assert [world.told(group) for group in GROUPS] == [["opened"]] * 5
    notice = world.sinks["data-hook"].got[0].body["notice"]
    assert (len(notice.alerts), notice.truncated_alerts) == (20, 9_980)


async def test_another_number_of_shards_is_refused(store_url: str) -> None:
    """The number of shards is fixed when a store is first used."""
    await (await Store.open(store_url, shards=2)).close()
    with pytest.raises(StoreMismatch, match="2 shard"):
        await Store.open(store_url, shards=3)


async def test_shards_share_the_work(store_url: str, world: World) -> None:
    """With several shards, each incident's keys are in one of them, and all are worked."""
    other = await Store.open(store_url, namespace="wide", shards=3)
    wide = World(other, world.clock, plan=plan())
    for name in ("payments", "orders", "cms", "search", "mail"):
        said = classified(key=(("subject", name),), service=name)
        await wide.fire(name, said=said)
    await wide.settle()
    assert wide.told("technical") == ["opened"] * 5
    assert len(await wide.incidents()) == 5
    await other.close()


async def test_what_a_source_says_identifies_its_alerts(world: World) -> None:
    """Whatever the labels: an end may carry fewer of them. In one payload the last word counts, and there are no
    replicas."""
    assert await world.fire(labels={"alertname": "A", "person": "x"}, identity=("7",)) == "n"
    assert await world.fire(labels={"alertname": "A", "day": "2"}, identity=("7",)) == "r"
    assert await world.fire(labels={"alertname": "A", "person": "x"}, identity=("8",)) == "n"
    ended = world.alert("A", labels={"alertname": "B"}, identity=("7",), firing=False, ends_at=world.clock.now())
    again = world.alert("A", labels={"alertname": "A"}, identity=("7",))
    assert (await world.post((again, classified()), (ended, classified()))).outcomes == ("r", "e")
