"""What people do about an incident, from the first word to the last: states, rights, and who hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict, Forbidden, NotFound, Unprocessable
from tocsin._core.incident import Incident
from tocsin._core.model import Text, Tier
from tocsin._core.people import Person
from tocsin._core.plan import Service
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND
from tocsin._plan.defaults import CLASSES
from tocsin._store.listing import show_incident

CLOCKS = ("rto_warning", "rto_missed", "escalated", "update_due")
UPDATE = acts.Update(goal="orders flow", progress="traffic moved to the standby", risks="the standby is small")


async def entry(world: World, incident: Incident, name: str) -> dict[str, object]:
    """The one entry of the timeline that says that this was done, without its place in the chain."""
    (found,) = [each for each in (await show_incident(world.store, incident.id)).timeline if each.action == name]
    return {"actor": found.actor, **found.detail, "before": dict(found.before), "after": dict(found.after)}


async def opened(world: World, tier: str = "high") -> Incident:
    """An incident that all its groups were told of, whose alert never expires."""
    await world.fire(tier=tier, source="alertmanager")
    await world.wait(1 * MINUTE)
    return await world.incident()


async def cleared(world: World, tier: str = "high") -> Incident:
    """One whose signals have cleared, half an hour after it began."""
    await opened(world, tier)
    await world.wait(29 * MINUTE)
    await world.resolve(tier=tier, source="alertmanager")
    await world.settle()
    return await world.incident()


async def test_the_whole_way(world: World) -> None:
    """Acknowledged, assigned, contained, updated, restored as of the clearing, closed by command: all is told."""
    before = await opened(world)
    assert (await world.act(acts.Acknowledge())).state == "acknowledged"
    assert (await world.act(acts.Assign(to="li.na"))).assigned_to == "li.na"
    contained = await world.act(acts.Contain(note="traffic is held back"))
    assert (contained.state, contained.contained_by) == ("contained", "zhang.wei")
    await world.act(UPDATE)
    await world.wait(1 * HOUR)
    await world.resolve(source="alertmanager")
    quiet_at = world.clock.now()
    await world.wait(10 * MINUTE)
    restored = await world.act(acts.Restore(), by="wang", group="business")
    assert (restored.state, restored.restored_at, restored.restored_by) == ("restored", quiet_at, "wang")
    with pytest.raises(Forbidden, match="only command"):
        await world.act(acts.Close())
    closed = await world.act(acts.Close(reason="reviewed on Monday"), group="command")
    assert (closed.state, closed.outcome, closed.rto_outcome) == ("closed", "recovered", "met")
    assert world.told("technical", but=CLOCKS) == [
        "opened", "acknowledged", "assigned", "contained", "updated", "cleared resolved", "restored",
        "closed recovered",
    ]  # fmt: skip
    assert world.told("legal", but=CLOCKS) == ["opened", "updated", "cleared resolved", "restored", "closed recovered"]
    said = await entry(world, before, "contained")
    assert said == {
        "actor": "zhang.wei",
        "group": "technical",
        "note": "traffic is held back",
        "before": {"state": "acknowledged"},
        "after": {"state": "contained"},
    }


async def test_restoring_needs_a_time_that_is_known(world: World) -> None:
    """While it fires only if that is said; after signals were lost from sight only with a time, and never outside."""
    await opened(world)
    with pytest.raises(Conflict, match="despite_firing"):
        await world.act(acts.Restore())
    await world.acts.act(Action(incident=(await world.incident()).id, act=acts.Note(text="x"), by="a"))
    start = (await world.incident()).started_at
    for at in (start - 1, world.clock.now() + MINUTE):
        with pytest.raises(Unprocessable) as refused:
            await world.act(acts.Restore(at=at, despite_firing=True))
        assert [path for path, _ in refused.value.problems] == ["at"]
    restored = await world.act(acts.Restore(despite_firing=True))
    assert (restored.state, restored.signals, restored.restored_at) == ("restored", "firing", world.clock.now())


async def test_lost_signals_tell_no_time(world: World) -> None:
    """Where the alerts were only lost from sight, the time must be given, and then it counts as recovered in time."""
    await world.fire()
    await world.wait(10 * MINUTE)
    assert (await world.incident()).cleared_reason == "not_seen"
    with pytest.raises(Unprocessable):
        await world.act(acts.Restore())
    at = world.clock.now() - 2 * MINUTE
    assert (await world.act(acts.Restore(at=at))).restored_at == at
    closed = await world.act(acts.Close(), group="command")
    assert (closed.outcome, closed.rto_outcome) == ("recovered", "met")


async def test_what_fires_on_stays_silent_and_what_joins_does_not(world: World) -> None:
    """Restored while it fires: no clock speaks and its alerts are silent, until another says that it is not over."""
    await opened(world)
    await world.act(acts.Restore(despite_firing=True))
    await world.wait(6 * HOUR)
    assert world.told("command") == ["opened", "restored"]
    await world.fire("B", source="alertmanager")
    await world.settle()
    assert world.told("command")[:3] == ["opened", "restored", "reopened"]
    assert (await world.incident()).state == "open"


async def test_the_end_of_what_was_restored_is_told_to_nobody(world: World) -> None:
    """Its signals clear after it was restored: that is known already. Firing again, it is reopened."""
    await opened(world)
    await world.act(acts.Acknowledge())
    await world.act(acts.Restore(despite_firing=True))
    await world.resolve(source="alertmanager")
    await world.wait(1 * HOUR)
    assert world.told("legal") == ["opened", "restored"]
    await world.fire(source="alertmanager")
    await world.settle()
    assert world.told("legal") == ["opened", "restored", "reopened"]
    assert (await world.incident()).state == "acknowledged"


async def test_still_broken(world: World) -> None:
    """Quiet signals, and a person says that the service is not back: its clocks go on until somebody restores it."""
    await cleared(world)
    with pytest.raises(Conflict) as refused:
        await world.act(acts.Reopen())
    assert "still_broken" in str(refused.value.current["allowed"])
    broken = await world.act(acts.StillBroken(note="customers still see errors"))
    assert (broken.state, broken.signals, broken.still_broken) == ("open", "cleared", True)
    await world.wait(4 * HOUR)
    assert "rto_missed" in world.told("command")
    with pytest.raises(Unprocessable):
        await world.act(acts.Restore())
    restored = await world.act(acts.Restore(at=world.clock.now()))
    assert (restored.state, restored.still_broken) == ("restored", False)


async def test_close_and_false_alarm_with_alerts_still_firing(world: World) -> None:
    """It goes on, so it cannot be closed, but it can be called a false alarm: then its alerts are silent until they
    end, and no recovery time is counted."""
    await opened(world)
    with pytest.raises(Conflict, match="goes on"):
        await world.act(acts.Close(), group="command")
    with pytest.raises(Forbidden):
        await world.act(acts.FalseAlarm(reason="a test"))
    closed = await world.act(acts.FalseAlarm(reason="a test"), group="command")
    assert (closed.state, closed.outcome, closed.rto_outcome) == ("closed", "false_alarm", "")
    await world.wait(12 * HOUR)
    assert world.told("legal") == ["opened", "false_alarm"]
    assert len(await world.incidents()) == 1


async def test_closing_what_nobody_restored(world: World) -> None:
    """A quiet medium one may be closed by its lead: unconfirmed, since nobody said that it is back."""
    await cleared(world, "medium")
    closed = await world.act(acts.Close())
    assert (closed.outcome, closed.restored_at) == ("unconfirmed", closed.cleared_at)


async def test_reopening(world: World) -> None:
    """What was closed a short time ago is taken up again under its id, and its clocks run until it is restored."""
    await cleared(world)
    await world.act(acts.Restore())
    first = await world.act(acts.Close(), group="command")
    await world.wait(10 * MINUTE)
    again = await world.act(acts.Reopen(reason="the cause is still there"))
    assert (again.id, again.state, again.outcome, again.still_broken) == (first.id, "open", None, True)
    assert [each.id for each in await world.incidents()] == [first.id]
    assert world.told("legal", but=CLOCKS)[-1] == "reopened"
    await world.wait(5 * MINUTE)
    assert world.told("command")[-1].startswith("escalated")


async def test_what_has_gone_on_since_is_not_reopened(world: World) -> None:
    """A closed incident whose key has another by now stays closed, and says so."""
    await cleared(world)
    await world.act(acts.Restore())
    first = await world.act(acts.Close(), group="command")
    await world.wait(1 * MINUTE)
    await world.fire(source="alertmanager")
    await world.settle()
    with pytest.raises(Conflict, match="gone on since"):
        await world.acts.act(Action(incident=first.id, act=acts.Reopen(), by="a", group="command"))


async def test_tiers_go_up_by_anybody_and_down_by_command(world: World) -> None:
    """A raise tells those whom it adds; a lowering needs command and a reason; neither moves the start of the clock."""
    before = await opened(world, "medium")
    raised = await world.act(acts.Raise(tier=Tier.HIGH, reason="customers complain"))
    assert (raised.tier, raised.rto, raised.started_at) == (Tier.HIGH, 4 * HOUR, before.started_at)
    assert world.told("legal") == ["tier_raised person"]
    with pytest.raises(Conflict, match="high already"):
        await world.act(acts.Raise(tier=Tier.MEDIUM))
    with pytest.raises(Forbidden, match="command"):
        await world.act(acts.Lower(tier=Tier.LOW, reason="few customers"))
    lowered = await world.act(acts.Lower(tier=Tier.MEDIUM, reason="few customers"), group="command")
    assert (lowered.tier, lowered.rto, lowered.started_at) == (Tier.MEDIUM, 24 * HOUR, before.started_at)
    assert world.told("legal")[-1] == "tier_lowered"
    assert (await entry(world, before, "tier_lowered"))["reason"] == "few customers"


async def test_what_a_person_lowered_only_news_raises(world: World) -> None:
    """The alert that made it high ends and fires again: it stays lowered. Another one raises it."""
    await opened(world)
    await world.act(acts.Lower(tier=Tier.MEDIUM, reason="known"), group="command")
    await world.resolve(source="alertmanager")
    await world.wait(10 * MINUTE)
    await world.fire(source="alertmanager")
    await world.settle()
    assert (await world.incident()).tier is Tier.MEDIUM
    await world.fire("B", source="alertmanager")
    await world.settle()
    assert (await world.incident()).tier is Tier.HIGH


async def test_reclassifying(world: World) -> None:
    """The class is corrected: old and new lead are told, and the new lead's word counts from then on."""
    world.plan = plan(classes=CLASSES)
    await opened(world)
    correction = acts.Reclassify(class_="data_breach_loss", subtype="leak", secondary_classes=("cyber_attack",))
    done = await world.act(correction)
    assert (done.class_, done.subtype, done.secondary_classes) == ("data_breach_loss", "leak", ("cyber_attack",))
    assert [world.told(group) for group in ("technical", "data", "legal")] == [
        ["opened", "reclassified"], ["opened", "reclassified"], ["opened"],
    ]  # fmt: skip
    assert (await world.act(acts.Acknowledge())).state == "open"
    assert (await world.act(acts.Acknowledge(), group="data")).state == "acknowledged"
    with pytest.raises(Unprocessable):
        await world.act(acts.Reclassify(class_="data_breach_loss", subtype="leek"))
    back = await world.act(acts.Reclassify(class_="critical_function_outage"))
    assert (back.subtype, (await world.act(acts.Reclassify(class_="data_breach_loss"))).subtype) == ("", "unknown")
    with pytest.raises(Conflict, match="no class"):
        await world.act(acts.Reclassify(class_="weather"))


async def test_the_record_grows(world: World) -> None:
    """The catalogue fills what it can; people fill the rest; the completeness says how much is known."""
    service = Service(name="payments", vendor="acme", business_lines=("checkout",), datasets=("orders",))
    other = Service(name="orders", business_lines=("sales",), customer_groups=("merchants",))
    world.plan = plan(services={"payments": service, "orders": other})
    await world.fire(source="alertmanager", said=classified(location=""))
    await world.settle()
    record = (await world.incident()).record
    assert (record.affected_business, record.datasets, record.systems) == (("checkout",), ("orders",), ("payments",))
    assert record.completeness == 0.5
    done = await world.act(
        acts.Note(text="it is the disk", known_cause="a full disk", location="fra-1", interim_measures="logs removed")
    )
    assert (done.record.completeness, done.record.known_cause) == (1.0, "a full disk")
    wider = await world.act(acts.Widen(service="orders"))
    assert (wider.services[-1], wider.record.business_lines) == ("orders", ("checkout", "sales"))
    assert wider.record.customer_groups == ("merchants",)


async def test_changes_and_their_flags(world: World) -> None:
    """A change without approver or way back is flagged in every view, until somebody says who and how."""
    before = await opened(world)
    done = await world.act(acts.Change(what="restart the gateway", scope="large"))
    (change,) = done.changes
    assert (change.number, change.flags) == (1, ("approver", "rollback_plan", "assessment"))
    with pytest.raises(Conflict, match="no change number 2"):
        await world.act(acts.Change(number=2, result="done"))
    said: dict[str, Any] = {"approver": "wang", "rollback_plan": "start the old image", "result": "it runs"}
    done = await world.act(acts.Change(number=1, assessed=True, tested=True, **said))
    assert (done.changes[0].flags, done.changes[0].what) == ((), "restart the gateway")
    assert await world.actions(before) and (await world.actions(before)).count("changed") == 2


async def test_snoozing_stops_reminders_but_no_deadline(world: World) -> None:
    """For as long as it is snoozed nobody is escalated to or reminded; the recovery time speaks all the same."""
    await opened(world)
    await world.act(acts.Snooze(for_seconds=3 * 3600))
    await world.wait(3 * HOUR - 2 * MINUTE)
    assert [event for event in world.told("technical") if event.startswith(("escalated", "update_due"))] == []
    assert "rto_warning 50" in world.told("technical")
    await world.wait(5 * MINUTE)
    assert "escalated unacknowledged" in world.told("command")


async def test_merging(world: World) -> None:
    """The child falls silent and says where it went; the one that goes on has it on record."""
    parent = await opened(world)
    said = classified("P", key=(("subject", "printers"),), service="printers", title=Text("Printers", "打印机"))
    await world.fire("P", source="alertmanager", said=said)
    await world.settle()
    child = next(each for each in await world.incidents() if each.id != parent.id)

    def merge(into: str) -> Action:
        return Action(incident=child.id, act=acts.Merge(into=into), by="wang", group="command")

    for wrong in (child.id, "INC-260101-AAAAAA"):
        with pytest.raises(Unprocessable):
            await world.acts.act(merge(wrong))
    merged = await world.acts.act(merge(parent.id.lower()))
    await world.settle()
    assert (merged.state, merged.outcome, merged.merged_into) == ("closed", "merged", parent.id)
    assert world.told("business", but=CLOCKS)[-1] == "merged"
    told = len(world.told("legal"))
    await world.wait(3 * HOUR)
    assert world.told("legal")[told:] == []
    notes = [each for each in (await show_incident(world.store, parent.id)).timeline if each.action == "noted"]
    assert [child.id in str(each.detail["text"]) for each in notes] == [True]


async def test_the_plan_says_who_may_act(world: World) -> None:
    """Where the plan lists people only they act, for their groups; one with a single group need not name it."""
    people = {
        "zhang.wei": Person(name="zhang.wei", title=Text("z", "z"), groups=("technical",)),
        "wang": Person(name="wang", title=Text("w", "w"), groups=("command", "legal")),
    }
    world.plan = plan(people=people)
    incident = await opened(world)

    async def act(by: str, group: str = "") -> Incident:
        return await world.acts.act(Action(incident=incident.id, act=acts.Acknowledge(), by=by, group=group))

    for by, group, path in (("li.na", "technical", "by"), ("zhang.wei", "command", "group"), ("wang", "", "group")):
        with pytest.raises(Unprocessable) as refused:
            await act(by, group)
        assert [where for where, _ in refused.value.problems] == [path]
    for wrong in (acts.Assign(to="zhang wei"), acts.Change(what="restart", approver="nobody")):
        with pytest.raises(Unprocessable):
            await world.acts.act(Action(incident=incident.id, act=wrong, by="wang", group="command"))
    assert (await act("zhang.wei")).acknowledgements[0].group == "technical"
    assert (await act("wang", "legal")).acknowledgements[-1].group == "legal"


async def test_a_link_alone_may_not_do_everything(world: World) -> None:
    """Whoever follows a link is not known: no lowering, no end of a high incident, no approval, even for command."""
    incident = await opened(world)
    by_link = Action(incident=incident.id, act=acts.Acknowledge(), by="a", group="command", via="link", verified=False)
    for act in (
        acts.Lower(tier=Tier.LOW, reason="r"),
        acts.FalseAlarm(reason="r"),
        acts.Change(what="restart", approver="wang"),
    ):
        with pytest.raises(Forbidden):
            await world.acts.act(replace(by_link, act=act))
    done = await world.acts.act(by_link)
    assert done.state == "acknowledged"
    (said,) = [each for each in (await show_incident(world.store, done.id)).timeline if each.action == "acknowledged"]
    assert (said.via, said.verified) == ("link", False)


async def test_after_the_view_is_gone_nothing_is_reopened(world: World) -> None:
    """Days after its close an incident is a matter of record: another is declared instead."""
    await cleared(world)
    await world.act(acts.Restore())
    closed = await world.act(acts.Close(), group="command")
    world.clock.advance(3 * DAY)
    (keys,) = world.store.shards
    await world.store.call(world.store.pipeline().delete(keys.view(closed.key)).execute())
    with pytest.raises((Conflict, NotFound)):
        await world.act(acts.Reopen())


async def test_an_act_and_a_clock_at_once(world: World) -> None:
    """What is acknowledged at the very moment at which it would be escalated is not."""
    await world.fire(source="alertmanager")
    await world.settle()
    world.clock.advance(5 * MINUTE)
    await world.act(acts.Acknowledge())
    assert world.told("command") == ["opened", "acknowledged"]
    world.clock.advance(1 * SECOND)
    await world.settle()
    assert world.told("command") == ["opened", "acknowledged"]
