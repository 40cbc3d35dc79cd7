"""Every event speaks to every group, in both languages: one head, nothing forged, nothing that a group must not see."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin._core.clean import one_line
from tocsin._core.events import Event
from tocsin._core.incident import Notice
from tocsin._core.message import Message
from tocsin._core.plan import GROUPS
from tocsin.send.body import render
from tocsin.send.samples import delivery, samples
from tocsin.send.shipped import language_of

EVENTS: tuple[str, ...] = get_args(Event)
LANGUAGES = ("en", "zh")


def told(notice: Notice, group: str, language: str = "en", **changes: object) -> Message:
    """The message of a notice to a group, with the details that it has by default."""
    to = delivery(group, language, details="summary" if group in ("business", "legal") else "full")
    return render(notice, msgspec.structs.replace(to, **changes), external_url="https://t.example")


def whole(event: str, case: int = 0) -> Notice:
    """The notice of an event of which everything is known."""
    return list(samples(event))[2 * case + 1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_words_of_its_own(event: str, language: str) -> None:
    """Subject and text say what happened, in words and not by the event's name, whatever is known and what is not."""
    plain = {told(notice, "command", language).subject for notice in samples("opened")}
    for notice in samples(event):
        for group in GROUPS:
            message = told(notice, group, language)
            said = message.text.split("\n")[1]
            assert said and event not in said.split()[:1], message.text
            assert (message.subject in plain) == (event == "opened")
            assert not re.search(r"[{}]|None|undefined|\bTrue\b|\bFalse\b(?! alarm)", message.subject + message.text)
            assert len(message.text.split("\n")) <= 24


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS)
def test_the_common_head_is_the_same_for_all(event: str, language: str) -> None:
    """Tier, class, title, id, revision, state, recovery time, who is in charge and the next update read the same."""
    for notice in samples(event):
        heads = {told(notice, group, language).text.split("\n")[0] for group in GROUPS}
        shared = told(notice, "command", language, groups=GROUPS).text.split("\n")[0]
        assert heads == {shared}


@pytest.mark.parametrize("event", EVENTS)
def test_summaries_name_no_host_whoever_wrote_it(event: str) -> None:
    """Hosts and addresses in causes, changes, updates and notes are blotted out for business and legal."""
    for notice in samples(event):
        for group in ("business", "legal"):
            seen = told(notice, group)
            assert not re.search(r"pay-gw|internal|9100|10\.1\.2\.3", seen.text + seen.subject)


def test_what_looks_like_a_host_or_a_matcher_is_blotted_out() -> None:
    """Also what no alert names: a host of the network within, an address of any kind, a raw label."""
    text = 'db-7.svc.cluster.local:5432 and orders.corp and fe80::1:2:3 and instance="a" of shop.example.com are slow'
    note = msgspec.structs.replace(whole("noted"), said={"by": "li.na", "text": text})
    assert "Note by li.na: … and … and … and … of shop.example.com are slow" in told(note, "legal").text
    assert text in told(note, "technical").text


@pytest.mark.parametrize(("language", "flag"), [("en", "! Change 1 has no approver: "), ("zh", "!变更 1 缺少审批人:")])
@pytest.mark.parametrize("group", GROUPS)
def test_a_change_without_approver_is_a_flag_everywhere(group: str, language: str, flag: str) -> None:
    """In every text of the incident from then on, for every group, right below the head."""
    for event in ("opened", "updated", "restored", "closed"):
        assert told(whole(event), group, language).text.split("\n")[1].startswith(flag)


@pytest.mark.parametrize("event", EVENTS)
def test_a_drill_is_marked_in_every_subject_and_text(event: str) -> None:
    """First of all, in both languages."""
    for notice in samples(event):
        drill = msgspec.structs.replace(notice, drill=True)
        for language, mark in (("en", "[DRILL]"), ("zh", "【演练】")):
            message = told(drill, "legal", language)
            assert message.subject.startswith(mark) and message.text.startswith(mark)


def test_who_is_in_charge_and_when_the_next_word_comes() -> None:
    """In the head, as far as they are known; once it is overdue, that too."""
    assert "| in charge: zhang.wei | next update by 10:55\n" in told(whole("contained"), "legal").text
    assert "| in charge: nobody yet | next update by 10:55\n" in told(whole("opened"), "data").text
    assert "| update was due by 10:55\n" in told(whole("rto_missed"), "command").text
    assert "in charge" not in told(whole("closed"), "command").text.split("\n")[0]


def test_an_update_is_told_to_each_in_its_own_depth() -> None:
    """Command and technical read all of it; business no goal, legal what has become of it and the risks."""
    lines = {group: told(whole("updated"), group).text.split("\n") for group in GROUPS}
    assert [line.split(":")[0] for line in lines["command"][4:8]] == ["Goal", "Progress", "Risks", "Next"]
    assert [line.split(":")[0] for line in lines["business"][4:7]] == ["Progress", "Risks", "Next"]
    assert [line.split(":")[0] for line in lines["legal"][4:6]] == ["Progress", "Risks"]


def test_each_group_reads_the_clocks_that_are_its_own() -> None:
    """Command the nearest and who has acknowledged, business the SLA, legal all that the contracts promise."""
    command = told(whole("rto_warning"), "command").text
    assert "Acknowledged: Technical rescue (zhang.wei)\nNot yet: Command, Business coordination" in command
    assert "Nearest contract clock: vendor to answer 2026-12-05 09:15 UTC+8, 1h20m over" in command
    assert "SLA limit: 2026-12-05 12:00 UTC+8, 1h25m left" in told(whole("rto_warning"), "business").text
    legal = told(whole("rto_warning"), "legal").text
    assert "Vendor to restore by: 2026-12-05 13:00 UTC+8, 2h25m left" in legal


@pytest.mark.parametrize("event", ["noted", "updated", "tier_lowered", "merged", "assigned", "false_alarm"])
@settings(max_examples=25, deadline=None)
@given(said=st.text(st.characters(), max_size=200))
def test_what_people_say_is_data(event: str, said: str) -> None:
    """Braces, new lines, control and bidirectional characters make no line, no value and no mark of their own."""
    texts = dict.fromkeys(("text", "goal", "progress", "risks", "next_step", "reason", "to", "into", "by"), said)
    plain = dict.fromkeys(texts, "x")
    for group in ("technical", "legal"):
        made = told(msgspec.structs.replace(whole(event), said=texts), group)
        lines = told(msgspec.structs.replace(whole(event), said=plain), group).text.split("\n")
        assert len(made.text.split("\n")) <= len(lines)
        assert all(line == one_line(line, 2000) for line in made.text.split("\n"))
        assert made.subject == one_line(made.subject, 2000)


def test_a_template_in_what_people_say_is_not_filled_in() -> None:
    """It is told as it was written."""
    note = msgspec.structs.replace(whole("noted"), said={"by": "{{ id }}", "text": "{{ 7*7 }} {% if 1 %} \u202e{#"})
    assert "Note by {{ id }}: {{ 7*7 }} {% if 1 %} {#" in told(note, "technical").text


def test_both_languages_use_the_same_values() -> None:
    """Each template has its like in the other language, which leaves nothing out."""
    english, chinese = (language_of(language).templates for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert {name: each.names for name, each in english.items()} == {name: each.names for name, each in chinese.items()}


def test_a_declared_one_without_signals_goes_on() -> None:
    """It is no quiet one: its state stands alone, and there is as much to do as while something fires."""
    declared = next(iter(samples("opened")))
    assert declared.incident["alerts"]["total"] == 0
    text = told(declared, "technical").text
    assert "v3 | open | RTO by" in text and "Declared by hand" in text
    assert "Contain first: core systems" in text
    assert "需决策:等级、资源、对外口径。" in told(declared, "command", "zh").text
