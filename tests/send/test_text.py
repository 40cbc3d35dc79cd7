"""Subjects and texts: the same head for all, each group's own words, two languages, and nothing forged."""

from __future__ import annotations

import string
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.send.samples import START, alert, delivery, notice

from tocsin._core.incident import Change, Notice
from tocsin._core.local import moment, span
from tocsin._core.times import DAY, HOUR, MINUTE
from tocsin.send.body import render
from tocsin.send.chinese import CHINESE
from tocsin.send.english import ENGLISH

GROUPS = ("command", "technical", "business", "legal", "data")
EVENTS = (
    "opened",
    "tier_raised",
    "alerts_added",
    "cleared",
    "reopened",
    "closed",
    "stale",
    "acknowledged",
    "escalated",
)
CLEARED = {"signals": "cleared"}
CLOSED = {"state": "closed", "signals": "cleared", "outcome": "unconfirmed"}


def text(made: Notice, group: str = "technical", **changes: Any) -> str:
    """The text of that notice to a group."""
    return render(made, delivery(group, **changes), external_url="https://t.example").text


def made(event: str) -> Notice:
    """A notice of that event with what belongs to it."""
    changes = (Change("tier", "medium", "high"), Change("class", "hw_sw_fault", "critical_function_outage"))
    match event:
        case "tier_raised":
            return notice(event, changes=changes, reason="worse_alert")
        case "cleared":
            return notice(event, incident=CLEARED, reason="resolved", asks={"technical": ("restore",)})
        case "closed":
            return notice(event, incident=CLOSED, reason="unconfirmed")
        case "acknowledged":
            return notice(event, incident={"acknowledged": {"by": "zhang.wei", "group": "technical"}})
        case "escalated":
            return notice(event, reason="unacknowledged", asks={"command": ("acknowledge",)})
        case _:
            return notice(event)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("event", EVENTS)
def test_the_head_reads_the_same_for_every_group(event: str, language: str) -> None:
    """The first two lines are equal for all five groups; what follows is every group's own; all fit a screen."""
    texts = [text(made(event), group, language=language) for group in GROUPS]
    heads = {tuple(text.split("\n")[:2]) for text in texts}
    assert len(heads) == 1
    assert len(set(texts)) == 5
    assert all(len(text.split("\n")) <= 20 and "{" not in text for text in texts)


def test_the_english_head() -> None:
    """Tier, class, title, id and revision, state, and the RTO's deadline, rest and share at the notice's time."""
    assert text(notice()).split("\n")[:2] == [
        "[HIGH][Critical function outage] Payment gateway down | INC-261205-7K2M9P v3 | open, firing | "
        "RTO by 2026-12-05 11:00 UTC+8, 1h58m left, 1 % used",
        "Opened: 3 of 5 alerts firing, since 2026-12-05 09:00 UTC+8.",
    ]


def test_the_chinese_head() -> None:
    """The same in Chinese."""
    assert text(notice(), language="zh", timezone="UTC").split("\n")[:2] == [
        "【高】【关键功能中断】支付网关中断 | INC-261205-7K2M9P v3 | 待确认、告警中 | "
        "RTO 截止 2026-12-05 03:00 UTC,剩余 1小时58分,已用 1%",
        "事件开启:共 5 条告警,3 条仍在告警,起始于 2026-12-05 01:00 UTC。",
    ]


def test_a_missed_deadline_says_how_far_over() -> None:
    """Past the deadline the head says over, not left."""
    late = notice("reopened", at=START + 3 * HOUR, incident={"rto": notice().incident["rto"] | {"consumed_ratio": 1.5}})
    assert "RTO was 2026-12-05 11:00 UTC+8, 1h over, 150 % used" in text(late)


@pytest.mark.parametrize(("language", "words"), [("en", "Signal lost"), ("zh", "信号丢失")])
def test_not_seen_is_signal_lost(language: str, words: str) -> None:
    """Alerts that just vanish are told as a lost signal, in subject and text, never as a recovery."""
    lost = notice("cleared", incident=CLEARED, reason="not_seen")
    message = render(lost, delivery(language=language), external_url="")
    assert words in message.text
    assert words.lower() in message.subject.lower()


def test_clearing_asks_those_who_are_to_confirm() -> None:
    """Who is asked reads the request; the others read that somebody is asked."""
    cleared = notice("cleared", incident=CLEARED, reason="resolved", asks={"business": ("restore",)})
    assert "Please confirm whether the service is back." in text(cleared, "business")
    assert "The lead group and business are asked to confirm." in text(cleared, "legal")


@pytest.mark.parametrize(
    ("outcome", "english", "chinese"),
    [
        ("recovered", "outcome: recovered", "结果:已恢复"),
        ("unconfirmed", "outcome: unconfirmed", "结果:未确认"),
        ("transient", "outcome: transient", "结果:瞬时"),
        ("false_alarm", "outcome: false alarm", "结果:误报"),
        ("merged", "outcome: merged", "结果:已并入"),
    ],
)
def test_closing_says_the_outcome(outcome: str, english: str, chinese: str) -> None:
    """Every outcome has its words in both languages, and a closed incident has no time left to it."""
    closed = notice("closed", incident=CLOSED, reason=outcome)
    assert english in text(closed)
    assert chinese in text(closed, language="zh")
    assert "| closed | RTO 2026-12-05 11:00 UTC+8, 1 % used" in text(closed)


def test_who_has_it_and_that_nobody_has() -> None:
    """An acknowledgement says who has it and for which group; a name is data. An escalation says that nobody has."""
    assert text(made("acknowledged")).split("\n")[1] == "Acknowledged by zhang.wei (Technical rescue)."
    assert text(made("acknowledged"), language="zh").split("\n")[1] == "zhang.wei(技术救援组)已确认收到。"
    forged = notice("acknowledged", incident={"acknowledged": {"by": "{total}\u202e\nx", "group": "legal"}})
    assert text(forged).split("\n")[1].startswith("Acknowledged by {total}")
    said = text(made("escalated"), "command").split("\n")
    assert said[1].startswith("Not acknowledged in time by the lead group or command: 3 of 5 alerts firing")
    assert said[2] == "Please acknowledge that you have it."
    assert "牵头组和指挥组均未按时确认收到" in text(made("escalated"), "command", language="zh")


def test_a_raise_says_from_where_and_why() -> None:
    """Tier before and after, the reason, and a changed class in the same notice."""
    english = text(made("tier_raised"))
    assert "Raised from MEDIUM to HIGH" in english
    assert "A worse alert has joined. It is now of the class Critical function outage" in english
    assert "(before: Hardware or software fault)." in english
    assert "由中级别升级为高级别" in text(made("tier_raised"), language="zh")


@pytest.mark.parametrize(("language", "mark"), [("en", "[DRILL]["), ("zh", "【演练】【")])
def test_a_drill_is_marked_first(language: str, mark: str) -> None:
    """Subject and text of a drill begin with the mark."""
    message = render(notice(drill=True), delivery(language=language), external_url="")
    assert message.subject.startswith(mark)
    assert message.text.startswith(mark)


@pytest.mark.parametrize("group", ["business", "legal"])
@pytest.mark.parametrize("details", ["full", "summary"])
@pytest.mark.parametrize("event", EVENTS)
def test_business_and_legal_read_no_technical_detail(event: str, details: str, group: str) -> None:
    """No host, address, raw label or annotation in their text, whatever their details are set to."""
    seen = text(made(event), group, details=details)
    for hidden in ("pay-gw", "9100", "PaymentGatewayDown", "refuses", "wiki.example", "grafana.example", "namespace"):
        assert hidden not in seen


def test_each_group_reads_what_it_needs() -> None:
    """Command decides, technical sees alerts, business customers, legal the contract, data the datasets."""
    assert "To decide: tier, resources" in text(notice(), "command")
    technical = text(notice(), "technical")
    assert "Alerts: PaymentGatewayDown ×3" in technical
    assert "Namespaces: pay" in technical
    assert "It says: The gateway refuses connections" in technical
    assert "Runbook: https://wiki.example/gateway" in technical
    assert "Customers: merchants" in text(notice(), "business")
    assert "Vendor: Acme Outsourcing\nContract: C-2026-014" in text(notice(), "legal")
    assert "Datasets: orders" in text(notice(), "data")


def test_what_is_missing_is_unknown() -> None:
    """A fact that nobody gave is named as unknown, apart from the facts."""
    bare = notice(incident={"business_lines": [], "datasets": [], "vendor": "", "vendor_title": "", "contract": ""})
    assert "Unknown: business lines, what users notice" in text(bare, "business")
    assert "待补:受影响业务线" in text(bare, "business", language="zh")
    assert "Unknown: datasets," in text(bare, "data")
    assert "Contract" not in text(bare, "legal")


def test_a_shared_channel_reads_every_group_once() -> None:
    """Each group's part stands under its name, and no fact is said twice."""
    shared = text(notice(), "command", groups=GROUPS)
    for title in ("[Command]", "[Technical rescue]", "[Business coordination]", "[Legal and compliance]"):
        assert title in shared
    facts = [line for line in shared.split("\n") if line]
    assert len(facts) == len(set(facts)) <= 36


def test_a_fallback_says_why_it_comes() -> None:
    """Who gets another group's notice reads that its own channels did not take it."""
    assert "no channel of Legal and compliance has taken it" in text(notice(), "legal", fallback=True)


def test_untrusted_text_is_data() -> None:
    """Braces, percent signs, escapes and newlines of an alert change nothing around them, and lengths are bounded."""
    hostile = alert(0, annotations={"summary": "{0.__class__} %s {}\n\x1b[31mopened legal INC-1\u202e" + "x" * 999})
    seen = text(notice(alerts=(hostile,), incident={"title": {"en": "{id}\r\n{tier}\x07" + "y" * 999, "zh": ""}}))
    assert "It says: {0.__class__} %s {} [31mopened legal INC-1xxx" in seen
    assert "] {id} {tier}yyy" in seen
    assert "\x1b" not in seen
    assert "\u202e" not in seen
    assert max(len(line) for line in seen.split("\n")) < 400


def test_long_lists_are_cut() -> None:
    """Of many hosts five are named, and the rest is counted."""
    many = text(notice(alerts=tuple(alert(number) for number in range(12)), truncated_alerts=3))
    assert "pay-gw-4.internal:9100 and 7 more" in many
    assert "3 further alerts are not listed." in many


def test_both_languages_have_the_same_words() -> None:
    """Every table has the same keys, and every sentence the same places to fill."""

    def places(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}

    for name in ENGLISH.__dataclass_fields__:
        english, chinese = getattr(ENGLISH, name), getattr(CHINESE, name)
        if isinstance(english, str):
            assert places(english) == places(chinese), name
        elif isinstance(english, dict):
            assert english.keys() == chinese.keys(), name
            if name != "questions":
                assert all(places(english[key]) == places(chinese[key]) for key in english), name


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-12-05 01:00 UTC"),
        ("Asia/Shanghai", "2026-12-05 09:00 UTC+8"),
        ("Asia/Kolkata", "2026-12-05 06:30 UTC+5:30"),
        ("America/St_Johns", "2026-12-04 21:30 UTC-3:30"),
        ("America/New_York", "2026-12-04 20:00 UTC-5"),
    ],
)
def test_a_time_shows_its_zone(zone: str, shown: str) -> None:
    """As an offset, since letters such as CST mean several zones."""
    assert moment(START, ZoneInfo(zone)) == shown


@pytest.mark.parametrize(
    ("duration", "shown"), [(0, "under 1m"), (59_999, "under 1m"), (HOUR, "1h"), (2 * DAY + 3 * HOUR + MINUTE, "2d3h")]
)
def test_a_span_has_two_units_at_most(duration: int, shown: str) -> None:
    """The two largest that are not zero."""
    assert span(duration, ENGLISH.units) == shown
