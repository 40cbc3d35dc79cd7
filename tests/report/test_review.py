"""The draft of a review: what people said and did, the clocks, the changes and the vendor, of a whole incident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.report.reading import OURS, marks, rows, shown, written
from tests.support.clock import ManualClock
from tests.support.plans import TIERS
from tests.support.plans import plan as make_plan
from tests.support.world import STEP, World, classified

from tocsin._core import action as acts
from tocsin._core.action import Act, Action
from tocsin._core.model import Text
from tocsin._core.plan import Service, Vendor
from tocsin._core.times import HOUR, MINUTE, Millis
from tocsin._store.client import Store

PLAN = make_plan(
    tiers={tier: replace(policy, update_every=30 * MINUTE) for tier, policy in TIERS.items()},
    vendors={
        "acme": Vendor(
            name="acme",
            title=Text("Acme", "安科"),
            kind="contractor",
            contract="C-1",
            ack_within=15 * MINUTE,
            rto=HOUR,
        )
    },
    services={
        "payments": Service(name="payments", importance="core", vendor="acme", business_lines=("checkout",)),
    },
)
SAID = classified("A", rto=2 * HOUR, sla_limit=90 * MINUTE)
BOLD = "**Bob** <b>|"


class Story:
    """An incident, and people who act upon it."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def fires(self, duration: Millis) -> None:
        """It fires for so long."""
        end = self.world.clock.now() + duration
        while self.world.clock.now() < end:
            self.world.clock.advance(STEP)
            await self.world.fire("A", said=SAID)
            await self.world.settle()

    async def act(self, act: Act, by: str = "zhang.wei", group: str = "technical", *, link: bool = False) -> None:
        """A person acts."""
        incident = await self.world.incident()
        action = Action(
            incident=incident.id, act=act, by=by, group=group, via="link" if link else "cli", verified=not link
        )
        await self.world.acts.act(action)
        await self.world.settle()


@pytest.fixture
async def story(store_url: str, clock: ManualClock) -> AsyncIterator[Story]:
    """An outage of two hours, from the first alert until command has closed it."""
    store = await Store.open(store_url)
    story = Story(World(store, clock, plan=PLAN))
    await play(story)
    yield story
    await store.close()


async def play(story: Story) -> None:
    """The story."""
    world = story.world
    await world.fire("A", said=SAID)
    await world.settle()
    await story.fires(7 * MINUTE)
    await story.act(acts.Acknowledge())
    await story.act(acts.Assign(to="zhang.wei"))
    late = world.clock.now() + 3 * HOUR
    said = acts.Update(
        goal="Orders go through", progress="Disk is full", risks="**none**", known_cause="Disk full", eta=late
    )
    await story.act(said, link=True)
    await story.fires(20 * MINUTE)
    await story.act(acts.VendorAcknowledge(who=BOLD), by="li.na", group="legal")
    await story.act(acts.Change(what="Drop logs", scope="large"))
    await story.act(acts.Change(what="Restart", approver="wang", rollback_plan="start again", tested=True))
    await story.fires(50 * MINUTE)
    await story.act(acts.Contain(note="reads only"))
    await story.act(acts.Note(text="told", customer_groups=("merchants",), continuity="partly_down"))
    await story.fires(20 * MINUTE)
    await world.resolve("A", said=SAID)
    await world.wait(MINUTE)
    await story.act(acts.Restore(), by="chen", group="business")
    await story.act(acts.Close(), by="wang", group="command")


async def test_the_review(story: Story) -> None:
    """It says what is known and what is not, which clocks were met, what was changed without leave, and how the vendor
    kept its contract."""
    text = await written(story.world)
    facts = dict(rows(text, "What it was"))
    assert facts["State"] == "closed (recovered)"
    assert facts["Restored"] == "2026-03-02 12:37:00 +08:00 (1h37m after it began), by chen"
    assert facts["Contained"].endswith(", by zhang.wei")
    known = dict(rows(text, "What is known"))
    assert (known["Known cause"], known["Interim measures"]) == ("Disk full", "unknown")
    assert (known["Affected business"], known["Continuity of business"]) == ("checkout", "partly down")
    assert known["Estimated end"].startswith("2026-03-02 14:07:00 +08:00, said by zhang.wei 2026-03-02 11:07:00 +08:00")
    assert "The first record is complete to 83 %." in text
    clocks = {row[0]: row[1:] for row in rows(text, "Clocks")}
    assert clocks["Recovery time (RTO), 2h"][1] == "met: 2026-03-02 12:37:00 +08:00, 23m before it was due"
    assert clocks["SLA limit, 1h30m"][1] == "**missed**: 2026-03-02 12:37:00 +08:00, 7m late"
    assert clocks["Estimate beyond the recovery time: 2026-03-02 14:07:00 +08:00"][0] == "2026-03-02 13:00:00 +08:00"
    assert clocks["Updates, every 30m"][1] == "said 1×, asked for 1×, overdue 2×"
    assert rows(text, "The vendor, by its contract") == [
        ["Takes it up", "2026-03-02 11:15:00 +08:00",
         "**missed**: 2026-03-02 11:27:00 +08:00, 12m late, by \\*\\*Bob\\*\\* \\<b\\>\\|"],
        ["Has it restored", "2026-03-02 12:00:00 +08:00", "**missed**: 2026-03-02 12:37:00 +08:00, 37m late"],
    ]  # fmt: skip
    assert [row[3:] for row in rows(text, "Changes")] == [
        ["Drop logs", "large", "**missing**", "**missing**", "**missing**", "–", "–"],
        ["Restart", "–", "wang", "start again", "–", "yes", "–"],
    ]
    (update,) = rows(text, "Updates")
    assert update[1:] == ["zhang.wei", "Orders go through", "Disk is full", "\\*\\*none\\*\\*", "–"]
    assert "Told, and without a word so far: Command, Business, Legal, Data." in text


async def test_its_timeline(story: Story) -> None:
    """Each step names its person, the way they came if that proves nothing, and times as they are read there."""
    steps = {row[3]: row for row in rows(await written(story.world), "Timeline")}
    assert steps["Update"][2] == "zhang.wei (by link, name not proved)"
    assert "estimated end: 2026-03-02 14:07:00 +08:00" in steps["Update"][4]
    assert steps["Contained"][2] == "zhang.wei"
    assert steps["Contained"][4] == "state: acknowledged → contained; group: Technical; note: reads only"
    assert steps["Closed"][2] == "wang"
    unnamed = [what for what in steps if not what[0].isupper()]
    assert unnamed == []


async def test_it_is_no_markup_in_either_language(story: Story) -> None:
    """What people said is read as they said it."""
    for language in ("en", "zh"):
        text = await written(story.world, language)
        assert marks(text) <= OURS
        assert BOLD in shown(text)
        assert "**none**" in shown(text)
    assert "| 恢复 | 2026-03-02 12:00:00 +08:00 | **超时**:2026-03-02 12:37:00 +08:00,晚 37分 |" in text
    assert (
        "| 1 | 2026-03-02 11:27:00 +08:00 | zhang.wei | Drop logs | 大 | **缺失** | **缺失** | **缺失** | – | – |"
        in text
    )
