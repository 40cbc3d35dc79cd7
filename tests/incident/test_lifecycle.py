"""An incident from its first alert to its end."""

from __future__ import annotations

from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.model import Text, Tier
from tocsin._core.plan import GROUPS
from tocsin._core.source import Source
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.stats import read_figures

RECOVERY = ("rto_warning", "rto_missed")
"""Events of the recovery time, where a story is about something else."""


async def test_high_tells_all_groups_at_once(world: World) -> None:
    """A high alert opens one incident, and each of the five groups is told once."""
    assert await world.fire() == "n"
    await world.settle()
    assert {group: world.told(group) for group in GROUPS} == {group: ["opened"] for group in GROUPS}
    incident = await world.incident()
    assert (incident.state, incident.signals, incident.tier, incident.firing) == ("open", "firing", Tier.HIGH, 1)
    assert incident.rto_deadline == world.clock.now() + 4 * HOUR


async def test_repeats_tell_nobody(world: World) -> None:
    """An alert that is sent again every minute for an hour is told once."""
    await world.fire()
    await world.wait(1 * HOUR, renew=["A"])
    assert world.told("technical") == ["opened"]
    assert await world.fire() == "r"


async def test_clears_and_reopens(world: World) -> None:
    """The first clearing is told at once; firing again within the time to reopen is the same incident."""
    await world.fire()
    await world.settle()
    world.clock.advance(10 * SECOND)
    assert await world.resolve() == "e"
    await world.settle()
    assert world.told("legal") == ["opened", "cleared resolved"]
    await world.wait(1 * HOUR)
    await world.fire()
    await world.settle()
    assert world.told("legal") == ["opened", "cleared resolved", "reopened"]
    assert (await world.incident()).signals == "firing"
    assert (await world.incident()).state == "open"


async def test_flapping_is_told_to_nobody(world: World) -> None:
    """After a clearing that was told, firing and ending within the time to settle is told to nobody."""
    await world.fire()
    await world.settle()
    for _ in range(5):
        await world.wait(1 * MINUTE)
        await world.resolve()
        await world.wait(3 * MINUTE)
        await world.fire()
        await world.settle()
    assert world.told("data") == ["opened", "cleared resolved", "reopened"]
    await world.wait(1 * MINUTE)
    await world.resolve()
    await world.wait(4 * MINUTE + 50 * SECOND)
    assert world.told("data") == ["opened", "cleared resolved", "reopened"]
    await world.wait(20 * SECOND)
    assert world.told("data") == ["opened", "cleared resolved", "reopened", "cleared resolved"]


async def test_transient_is_told_to_nobody(world: World) -> None:
    """An alert that ends within its tier's wait leaves a closed incident and no notice."""
    await world.fire(tier="medium")
    await world.wait(20 * SECOND)
    await world.resolve(tier="medium")
    await world.wait(1 * MINUTE)
    incident = await world.incident()
    assert (incident.state, incident.outcome) == ("closed", "transient")
    assert all(not world.told(group) for group in GROUPS)
    assert world.meter.untold == ["transient"]


async def test_wait_then_listed_groups(world: World) -> None:
    """A medium incident is told after its wait, to lead, also and command."""
    await world.fire(tier="medium")
    await world.wait(29 * SECOND)
    assert not world.told("technical")
    await world.wait(2 * SECOND)
    assert [group for group in GROUPS if world.told(group)] == ["command", "technical", "business"]


async def test_worse_alert_raises(world: World) -> None:
    """A worse alert raises the tier, gives its class, and tells the groups that this adds too."""
    low = classified("B", "medium", class_="hw_sw_fault", title=Text("Disk full", "磁盘已满"), outage=False)
    await world.fire("B", said=low)
    await world.wait(31 * SECOND, renew=[])
    assert [group for group in GROUPS if world.told(group)] == ["command", "technical"]
    await world.fire("A", "high")
    await world.settle()
    assert world.told("technical") == ["opened", "tier_raised worse_alert"]
    assert world.told("legal") == ["tier_raised worse_alert"]
    incident = await world.incident()
    assert (incident.class_, incident.secondary_classes) == ("critical_function_outage", ("hw_sw_fault",))
    notice = world.sinks["legal-hook"].got[0].body["notice"]
    assert [(c.field, c.from_, c.to) for c in notice.changes] == [
        ("tier", "medium", "high"),
        ("class", "hw_sw_fault", "critical_function_outage"),
    ]
    assert incident.rto_deadline == incident.started_at + 4 * HOUR


async def test_worse_alert_shortens_the_wait(world: World) -> None:
    """A high alert that joins a low one before it is told makes it told at once, as high."""
    await world.fire("B", "low")
    await world.wait(1 * MINUTE)
    await world.fire("A", "high")
    await world.settle()
    assert world.told("legal") == ["opened"]


async def test_joining_alerts_are_combined(world: World) -> None:
    """Alerts that join are told to the lead, at most once in five minutes."""
    await world.fire("A")
    await world.settle()
    for name in ("B", "C", "D"):
        await world.fire(name)
        await world.wait(1 * SECOND)
    assert world.told("technical") == ["opened", "alerts_added"]
    await world.wait(4 * MINUTE, renew=["A", "B", "C", "D"])
    assert world.told("technical") == ["opened", "alerts_added"]
    await world.wait(2 * MINUTE, renew=["A", "B", "C", "D"])
    assert world.told("technical") == ["opened", "alerts_added", "alerts_added"]
    assert world.told("command") == ["opened", "escalated unacknowledged"]
    assert (await world.incident()).total == 4


async def test_low_restores_itself(world: World) -> None:
    """A low incident that stays quiet is restored and closed, and tells the one group that was told."""
    await world.fire(tier="low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    await world.resolve(tier="low")
    await world.wait(11 * MINUTE)
    assert world.told("technical") == ["opened", "cleared resolved", "closed recovered"]
    assert not world.told("command")
    incident = await world.incident()
    assert (incident.state, incident.outcome) == ("closed", "recovered")
    assert incident.restored_at == incident.cleared_at


async def test_return_after_long_is_another_incident(world: World) -> None:
    """Firing again later than the time to reopen closes the old incident unconfirmed, and opens one that follows."""
    await world.fire()
    await world.wait(1 * MINUTE)
    await world.resolve()
    await world.wait(4 * HOUR + 2 * MINUTE, step=5 * MINUTE)
    await world.fire()
    await world.settle()
    first, second, *both = world.told("legal")
    assert (first, second, *sorted(both)) == ("opened", "cleared resolved", "closed unconfirmed", "opened")
    new, old = await world.incidents()
    assert (old.state, old.outcome, old.restored_at) == ("closed", "unconfirmed", old.cleared_at)
    assert (new.follows, new.state, new.total) == (old.id, "open", 1)


async def test_expiry_is_not_recovery(world: World) -> None:
    """An alert of Prometheus that is no longer heard of clears as not seen."""
    await world.fire()
    await world.wait(4 * MINUTE + 50 * SECOND)
    assert world.told("legal") == ["opened"]
    await world.wait(20 * SECOND)
    assert world.told("legal") == ["opened", "cleared not_seen"]
    assert world.meter.expirations == {"prometheus": 1}


async def test_alertmanager_goes_stale(world: World) -> None:
    """An alert from Alertmanager does not expire; unseen for 25 hours it is told to lead and command, once."""
    await world.fire(source="alertmanager")
    await world.settle()
    await world.acknowledge()
    await world.wait(25 * HOUR - 1 * MINUTE, step=10 * MINUTE)
    assert world.told("technical", but=RECOVERY) == ["opened", "acknowledged"]
    await world.wait(2 * HOUR, step=10 * MINUTE)
    assert world.told("technical", but=RECOVERY) == ["opened", "acknowledged", "stale"]
    assert world.told("command", but=RECOVERY) == ["opened", "acknowledged", "stale"]
    assert world.told("legal") == ["opened"]
    await world.fire(source="alertmanager")
    await world.wait(26 * HOUR, step=10 * MINUTE)
    assert world.told("command", but=RECOVERY) == ["opened", "acknowledged", "stale", "stale"]


async def test_what_a_tool_says_once_holds_until_it_ends(world: World) -> None:
    """An alert of a mapping neither expires nor goes stale: nobody repeats it. It may end by its own time."""
    sources = {"tool": Source(name="tool", type="mapping"), **world.plan.sources}
    world.plan = plan(sources=sources)
    await world.fire("A", source="tool")
    await world.settle()
    await world.acknowledge()
    await world.wait(60 * HOUR, step=30 * MINUTE)
    assert world.told("technical", but=RECOVERY) == ["opened", "acknowledged"]
    assert await world.fire("A", source="tool") == "r"
    assert await world.resolve("A", source="tool") == "e"
    await world.settle()
    assert world.told("technical", but=RECOVERY) == ["opened", "acknowledged", "cleared resolved"]


async def test_the_recovery_time_is_missed_when_it_passes(world: World) -> None:
    """A recovery time is counted as missed the moment it passes while firing, once; quiet stops that clock."""
    await world.fire(source="alertmanager")
    await world.wait(4 * HOUR - 1 * MINUTE, step=5 * MINUTE)
    figures = await read_figures(world.store)
    assert figures.of("rto") == {}
    await world.wait(2 * MINUTE)
    figures = await read_figures(world.store)
    assert figures.of("rto") == {("critical_function_outage", "high", "missed"): 1}
    assert figures.of("vendor_rto") == {("acme", "missed"): 1}
    await world.resolve(source="alertmanager")
    await world.wait(4 * HOUR, step=5 * MINUTE)
    await world.fire(source="alertmanager")
    await world.wait(1 * MINUTE)
    assert (await read_figures(world.store)).of("rto") == {("critical_function_outage", "high", "missed"): 1}


async def test_a_recovery_in_time_is_counted_at_the_close(world: World) -> None:
    """A low incident that restores itself met its recovery time, and adds to the times of recovery."""
    await world.fire(tier="low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    await world.resolve(tier="low")
    await world.wait(11 * MINUTE)
    figures = await read_figures(world.store)
    assert figures.of("rto") == {("critical_function_outage", "low", "met"): 1}
    recovered = figures.of("recover")
    assert recovered[("critical_function_outage", "low", "900")] == 1
    assert ("critical_function_outage", "low", "300") not in recovered
    assert figures.of("recover_sum") == {("critical_function_outage", "low"): 6 * 60}


async def test_a_drill_is_no_figure(world: World) -> None:
    """A drill is told like the real thing, marked as one, and counts in no figure."""
    said = classified(drill=True, key=(("drill", "true"), ("subject", "payments")))
    await world.fire(said=said)
    await world.settle()
    assert world.told("legal") == ["opened"]
    assert world.sinks["legal-hook"].got[0].body["notice"].drill
    figures = await read_figures(world.store)
    assert figures.of("opened") == {}


async def test_a_lost_signal_is_no_recovery_in_time(world: World) -> None:
    """A low incident whose alerts were only lost from sight closes unconfirmed, and met nothing."""
    await world.fire(tier="low", ends_at=world.clock.now() + 6 * MINUTE)
    await world.wait(20 * MINUTE)
    assert world.told("technical")[-1] == "closed unconfirmed"
    assert (await read_figures(world.store)).of("rto") == {}


async def test_a_shorter_recovery_time_says_why(world: World) -> None:
    """An alert of the same tier that joins with a shorter recovery time shortens the incident's, and says so."""
    await world.fire("A")
    await world.settle()
    await world.fire("B", said=classified("B", rto=1 * HOUR, rule="netco-late", vendor="netco"))
    await world.wait(1 * SECOND)
    incident = await world.incident()
    assert incident.rto_deadline == incident.started_at + 1 * HOUR
    assert incident.decision.rto == 1 * HOUR
    assert incident.decision.reasons[-1] == (
        "recovery time shortened to 1h by rule netco-late, of vendor netco, for an alert that joined"
    )
