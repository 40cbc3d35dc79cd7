"""Reports of incidents that were played: what a reader finds in them."""

from __future__ import annotations

from string import Formatter
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace
from tests.report.reading import OURS, marks, rows, shown, written
from tests.support.world import World, classified

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.events import Event
from tocsin._core.incident import Outcome, Signals, State
from tocsin._core.model import Text
from tocsin._core.record import ChangeRecord, Continuity, Progress, Record, ResponsibleParty
from tocsin._core.timeline import left_out
from tocsin._core.times import HOUR, MINUTE
from tocsin._store.listing import show_incident
from tocsin.report.chinese import CHINESE
from tocsin.report.english import ENGLISH
from tocsin.report.words import Words
from tocsin.report.write import report

MARKUP = "<script>|`*_x_*` [a](http://b) ![i](j)"


async def play(world: World) -> None:
    """Raised, acknowledged too late, cleared."""
    await world.fire("B", "medium")
    await world.wait(2 * MINUTE)
    await world.fire("A")
    await world.wait(7 * MINUTE, renew=["A", "B"])
    await world.acknowledge()
    await world.acknowledge("legal", by="li.na")
    await world.resolve("A")
    await world.resolve("B", "medium")
    await world.wait(MINUTE)


async def test_a_reader_finds_what_happened(world: World) -> None:
    """What it was, its clocks, who had it, who was told by which channel, and each step of the timeline."""
    await play(world)
    text = await written(world)
    facts = dict(rows(text, "What it was"))
    assert facts["Tier"] == "high"
    assert facts["Vendor"] == "Acme (contract C-1)"
    assert facts["Acknowledged"] == "2026-03-02 11:09:00 +08:00 (9m after it began), by zhang.wei"
    assert facts["Timeline"].startswith("12 entries, unbroken; the last one's hash is ")
    assert rows(text, "Clocks")[0][1:] == ["2026-03-02 15:00:00 +08:00", "stands still while nothing fires; 3 % used"]
    assert rows(text, "Clocks")[1][2] == "**missed**: 2026-03-02 11:09:00 +08:00, 3m20s late"
    assert rows(text, "Clocks")[2] == ["Escalation: not acknowledged in time", "–", "told 2026-03-02 11:05:40 +08:00"]
    assert [row[:2] for row in rows(text, "Who had it")] == [["Technical", "zhang.wei"], ["Legal", "li.na"]]
    told = rows(text, "Who was told")
    assert [row[0] for row in told] == [
        "1 opened", "2 tier raised", "3 escalated", "4 acknowledged", "5 acknowledged", "6 cleared",
    ]  # fmt: skip
    assert told[2][1:] == ["2026-03-02 11:05:40 +08:00", "Command by command-hook: accepted after 0s"]
    steps = rows(text, "Timeline")
    assert steps[2][2:] == [
        "system:rule-high@0123456789ab", "Tier raised", "tier: medium → high; reason: a worse alert",
    ]  # fmt: skip
    assert steps[6][2:4] == ["zhang.wei (by api, name not proved)", "Acknowledged"]
    assert steps[6][4] == "state: open → acknowledged; group: Technical"
    assert marks(text) <= OURS


async def test_in_chinese(world: World) -> None:
    """The same, in Chinese; the plan's names in Chinese too."""
    await play(world)
    text = await written(world, "zh")
    assert text.startswith("# 事件报告:支付中断\n")
    assert dict(rows(text, "事件概况"))["类别"] == "关键功能中断"
    assert rows(text, "时限")[1][2] == "**超时**:2026-03-02 11:09:00 +08:00,晚 3分20秒"
    assert rows(text, "时间线")[2][3:] == ["级别上调", "级别:中 → 高; 原因:更严重的告警"]
    assert marks(text) <= OURS


async def test_what_a_channel_did_not_take_is_seen(world: World) -> None:
    """A dead letter stands out with its error; a fallback is marked as such; one that waits says so."""
    world.sinks["technical-hook"].fail = SendRefused("answered 404: <b>no</b>")
    world.sinks["legal-hook"].fail = TrySendAgain("answered 503")
    await world.fire()
    await world.wait(MINUTE, renew=["A"])
    (opened, *_) = rows(await written(world), "Who was told")
    assert "Technical by technical-hook: **not delivered**: answered 404: \\<b\\>no\\</b\\>" in opened[2]
    assert "Technical by command-hook (fallback): accepted" in opened[2]
    assert "Legal by legal-hook: waiting; tried" in opened[2]


async def test_a_timeline_that_was_changed_is_seen(world: World) -> None:
    """The report is made of the timeline, so it says whether that can be believed."""
    await world.fire()
    await world.settle()
    (keys,) = world.store.shards
    incident = await world.incident()
    await world.store.call(world.store.pipeline().lpop(keys.timeline(incident.id)).execute())
    text = await written(world)
    assert dict(rows(text, "What it was"))["Timeline"].startswith("**BROKEN** from entry 1 on")


async def test_what_was_left_out_long_after_is_counted(world: World) -> None:
    """Of a compacted incident it says how much of it is gone, and that the rest holds."""
    await play(world)
    whole = await show_incident(world.store, (await world.incident()).id)
    entries = whole.timeline
    cut = (*entries[:3], left_out(entries[3:6], entries[2].hash), *entries[6:])
    whole = replace(whole, timeline=cut, deliveries_left_out=7)
    text = report(whole, world.plan, "en", world.clock.now())
    said = dict(rows(text, "What it was"))["Timeline"]
    assert said.startswith("12 entries, of which 3 were left out long after the close; the others are unbroken;")
    assert rows(text, "Timeline")[3][2:] == ["system:retention", "Left out long after the close", "entries: 3"]
    assert "\n7 more were left out long after the close.\n" in text


async def test_what_is_said_is_no_markup(world: World) -> None:
    """Titles, names, services and errors of strangers are read as they are, and make no mark of their own."""
    said = classified("A", title=Text(MARKUP, MARKUP), service=MARKUP, location=MARKUP, rule=MARKUP, reasons=(MARKUP,))
    world.sinks["data-hook"].fail = SendRefused(MARKUP)
    await world.fire(said=said)
    await world.settle()
    await world.acknowledge(by=MARKUP)
    for language in ("en", "zh"):
        text = await written(world, language)
        assert marks(text) <= OURS
        assert shown(text).count(MARKUP) >= 8


async def test_over_in_time_and_too_late(world: World) -> None:
    """What is over says whether its recovery time was kept."""
    await world.fire("C", "low")
    await world.wait(6 * MINUTE, renew=["C"], tier="low")
    await world.resolve("C", "low")
    await world.wait(HOUR)
    text = await written(world)
    assert dict(rows(text, "What it was"))["State"] == "closed (recovered)"
    (clock,) = rows(text, "Clocks")
    assert clock[2].startswith("met: 2026-03-02 11:06:00 +08:00, 2d23h before it was due")


async def test_it_goes_on(world: World) -> None:
    """While it goes on, clocks say what is left, or by how much they are over."""
    await world.fire("D", "medium")
    await world.wait(MINUTE, renew=["D"], tier="medium")
    clocks = rows(await written(world), "Clocks")
    assert (clocks[0][2], clocks[1][2]) == ("running; 0 % used", "not yet; 29m40s left")
    assert "Nobody has acknowledged it." in await written(world)
    await world.wait(40 * MINUTE, renew=["D"], tier="medium")
    assert rows(await written(world), "Clocks")[1][2] == "**overdue** by 10m20s"


@pytest.mark.parametrize("table", ["say", "tiers", "states", "outcomes", "impacts", "events", "actions", "fields"])
def test_both_languages_say_the_same(table: str) -> None:
    """The same keys, with the same places."""

    def places(words: Words) -> dict[str, set[str]]:
        texts: dict[str, str] = dict(getattr(words, table))
        found = {key: {name for _, name, _, _ in Formatter().parse(text) if name} for key, text in texts.items()}
        return {key: names - {"colon"} for key, names in found.items()}

    assert places(ENGLISH) == places(CHINESE)
    assert set(ENGLISH.values) == set(CHINESE.values)


def test_every_closed_word_of_the_record_has_a_name() -> None:
    """All events, states, outcomes and closed values that there are, and every field of the record and of a change."""
    assert set(ENGLISH.events) == set(get_args(Event))
    assert set(ENGLISH.outcomes) == set(get_args(Outcome))
    assert set(ENGLISH.states) >= {*get_args(State), *get_args(Signals)}
    assert set(ENGLISH.values) >= {*get_args(Continuity), *get_args(ResponsibleParty)}
    fields = [field.name for kind in (Record, ChangeRecord, Progress) for field in msgspec.structs.fields(kind)]
    assert set(ENGLISH.fields) >= set(fields) - {"at", "by"}
