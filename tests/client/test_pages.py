"""The pages of ``tocsin incidents``: one incident, and a list in terminals of several widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner
from tests.client.fake import INCIDENT, PAGE, Fake, serving

from tocsin.client.commands import incidents
from tocsin.client.listing import WIDE, incident_table
from tocsin.client.page import incident_page
from tocsin.client.show import columns_of, fitted, until

ID = INCIDENT["id"]
NOW = "2026-12-05T01:02:03Z"

KNOWN: dict[str, Any] = {
    "state": "acknowledged",
    "assigned_to": "张伟",
    "acknowledged_by": "wang",
    "acknowledgements": [{"by": "wang", "group": "technical"}, {"by": "li.na", "group": "legal"}],
    "declared_by": "wu",
    "next_update_due": "2026-12-05T01:00:03.000Z",
    "sla_deadline": "2026-12-05T04:00:00.000Z",
    "snoozed_until": "2026-12-05T02:00:00.000Z",
    "eta": {"at": "2026-12-05T04:00:00.000Z", "by": "wang", "said_at": "2026-12-05T01:01:00.000Z", "late": True},
    "record": {
        "occurred_at": "2026-12-05T01:00:00.000Z",
        "detected_at": "2026-12-05T01:00:01.000Z",
        "location": "cn-east-1",
        "affected_business": ["checkout", "refunds"],
        "impact_scope": "",
        "known_cause": "a full disk\nof a\x1b[2J database",
        "interim_measures": "",
        "completeness": 0.67,
    },
    "assessment": {"systems": ["payments"], "continuity": "partly_down"},
    "update": {"at": "2026-12-05T01:01:00.000Z", "by": "wang", "goal": "orders", "progress": "half", "risks": "none"},
    "changes": [
        {
            "number": 1, "at": "2026-12-05T01:01:00.000Z", "by": "wu", "what": "fail over",
            "missing": ["approver", "rollback_plan"], "tested": False,
        },
        {"number": 2, "at": "2026-12-05T01:02:00.000Z", "by": "wu", "what": "grow", "approver": "wang", "tested": True},
    ],
    "responsible_party": "contractor",
    "vendor_terms": {
        "vendor": "acme", "contract": "C-1", "acknowledge_by": "2026-12-05T01:15:00.000Z",
        "acknowledged_at": "2026-12-05T01:01:30.000Z", "acknowledged_by": "Chen",
        "restore_by": "2026-12-05T05:00:00.000Z",
    },
}  # fmt: skip


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        yield fake


def shown(**more: Any) -> str:
    """The page of an incident, without colours."""
    return click.unstyle("\n".join(incident_page(PAGE | more, now=NOW)))


def listed(*items: dict[str, Any], width: int | None) -> list[str]:
    """The list in a terminal, without colours."""
    return [click.unstyle(line) for line in incident_table(items, now=NOW, width=width)]


def test_an_incident_is_shown_whole(fake: Fake) -> None:
    """Head, how it stands, why, timeline and deliveries, in this order; O, I and L in an id stand for digits."""
    fake.answers[f"GET /api/v1/incidents/{ID}"] = (200, PAGE)
    result = CliRunner().invoke(incidents, ["show", " inc-261205-7k2m9p ", "--url", fake.url])
    assert (result.exit_code, result.stdout) == (0, SHOWN)


SHOWN = """\
[HIGH] Payment gateway down (critical_function_outage)
INC-261205-7K2M9P v3 | open, firing | RTO by 2026-12-05 03:00:00Z, 1h57m left, 2% used

  started            2026-12-05 01:00:00Z
  alerts             3 firing of 5
  acknowledged       by nobody yet
  ETA                unknown (待补)
  services           payments
  environment        prod
  location           cn-east-1
  rule               payment-gateway-down
  also of            hw_sw_fault
  key                subject=payments environment=prod

Responsible
  vendor             acme

Why
  - rule payment-gateway-down (rules/plan.yaml:30)
  - core × wide = high
  (impact wide, importance core, plan 0a1b2c3d4e5f)

Timeline
  2026-12-05 01:00:00Z  opened          system:payment-gateway-down@0a1b2c3d4e5f
                        tier: high, alert: PaymentGatewayDown
  2026-12-05 01:00:00Z  told            system:tocsin
  2026-12-05 01:00:40Z  acknowledged    wang (via link, unverified)
                        state: open → acknowledged, group: technical

Deliveries
  STATE  EVENT   GROUP      CHANNEL         TRIES  NEXT TRY  DELIVERY                          LAST ERROR
  dead   opened  technical  technical-hook  2      -         inc-261205-7k2m9p-1-0123456789ab  \
http://127.0.0.1:9 answered 404: no[2J hook
"""


def test_what_is_known_and_what_is_not() -> None:
    """Who has it, what is due and what is late; the record with its gaps; changes with what they lack."""
    page = shown(**KNOWN, timeline=[], deliveries=[], decision={})
    assert page.partition("\n\n")[2] == ON_RECORD


ON_RECORD = """\
  started            2026-12-05 01:00:00Z, declared by wu
  alerts             3 firing of 5
  in charge          张伟
  acknowledged       wang (technical), li.na (legal)
  ETA                2026-12-05 04:00:00Z, by wang at 2026-12-05 01:01:00Z; LATER THAN THE RTO
  next update due    2026-12-05 01:00:03Z, 2m over
  SLA limit          2026-12-05 04:00:00Z, in 2h57m
  snoozed            no reminders until 2026-12-05 02:00:00Z; the RTO goes on
  services           payments
  environment        prod
  location           cn-east-1
  rule               payment-gateway-down
  also of            hw_sw_fault
  key                subject=payments environment=prod

First record (67% complete)
  occurred           2026-12-05 01:00:00Z
  detected           2026-12-05 01:00:01Z
  location           cn-east-1
  affected business  checkout, refunds
  impact scope       unknown (待补)
  known cause        a full disk
                     of a[2J database
  interim measures   unknown (待补)

Assessment
  systems            payments
  continuity         partly_down

Last update, 2026-12-05 01:01:00Z by wang
  goal               orders
  progress           half
  risks              none

Changes
  1. fail over  (wu, 2026-12-05 01:01:00Z)  WITHOUT APPROVER, ROLLBACK PLAN
     tested             no
  2. grow  (wu, 2026-12-05 01:02:00Z)
     approver           wang
     tested             yes

Responsible
  party              contractor
  vendor             acme, contract C-1
  acknowledges by    2026-12-05 01:15:00Z; done 2026-12-05 01:01:30Z by Chen
  restores by        2026-12-05 05:00:00Z, in 3h57m; not yet"""


def test_red_flags_are_red() -> None:
    """What must not be missed: a late estimate, an overdue update, a change that lacks its approver."""
    page = "\n".join(incident_page(PAGE | KNOWN, now=NOW))
    for text in ("LATER THAN THE RTO", "2m over", "WITHOUT APPROVER, ROLLBACK PLAN"):
        assert click.style(text, fg="red", bold=True) in page


def test_a_closed_incident_shows_its_outcome() -> None:
    """What it used, who restored it, and nothing that would still be due."""
    closed = KNOWN | {
        "state": "closed", "signals": "cleared", "outcome": "recovered", "cleared_reason": "not_seen",
        "cleared_at": "2026-12-05T01:30:00.000Z", "restored_at": "2026-12-05T01:20:00.000Z", "restored_by": "wang",
        "deliveries_left_out": 9,
    }  # fmt: skip
    page = shown(**closed)
    assert "v3 | closed (recovered) | RTO by 2026-12-05 03:00:00Z, 2% used\n" in page
    assert "  cleared            2026-12-05 01:30:00Z (signals lost from sight)\n" in page
    assert "  restored           2026-12-05 01:20:00Z by wang\n" in page
    assert "(9 more were left out when it was compacted)" in page
    assert "  restores by        2026-12-05 05:00:00Z; never\n" in page
    assert "next update due" not in page


def test_other_states_are_said() -> None:
    """A merged incident names the one that goes on; one that is still broken says so; a word that settles nothing."""
    assert "\nmerged into INC-2: go on there\n" in shown(state="closed", outcome="merged", merged_into="INC-2")
    assert "| open, cleared, still broken |" in shown(signals="cleared", still_broken=True)
    assert "  alerts " not in shown(declared_by="wu", alerts={"firing": 0, "total": 0})
    legal = [{"by": "li.na", "group": "legal"}]
    assert "by nobody of the lead group or command yet; by li.na (legal)" in shown(acknowledgements=legal)


def test_a_wide_terminal_has_one_line_for_each() -> None:
    """The title is cut where the terminal ends, Chinese counted as it is seen."""
    lines = listed(INCIDENT | KNOWN | {"title": "支付网关无响应" * 9}, INCIDENT, width=WIDE)
    assert lines[0] == "INCIDENT           TIER  STATE                 RTO LEFT  UPDATE IN  WHO   TITLE"
    assert lines[1].startswith("INC-261205-7K2M9P  high  acknowledged, firing  1h57m     2m over    张伟  支付网关")
    assert lines[1].endswith("…")
    assert max(map(columns_of, lines)) <= WIDE
    assert lines[2].endswith("1h57m     -          -     Payment gateway down (payments, pro…")


def test_a_narrow_terminal_has_two() -> None:
    """No line is longer than the terminal."""
    lines = listed(INCIDENT | KNOWN | {"title": "支付网关无响应" * 9, "drill": True}, width=80)
    assert max(map(columns_of, lines)) <= 80
    assert lines[2].startswith("  [DRILL] 支付网关")
    assert len(lines) == 3


def test_what_is_over_is_red() -> None:
    """An update that is overdue, and a recovery time that is over."""
    late = INCIDENT | {"rto": INCIDENT["rto"] | {"consumed_ratio": 1.5}, "next_update_due": "2026-12-05T01:01:03Z"}
    (_, line, _) = incident_table([late], now=NOW, width=80)
    assert click.style("1h over ", fg="red", bold=True) in line
    assert click.style("1m over  ", fg="red", bold=True) in line


@pytest.mark.parametrize(
    ("text", "width", "fits"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("警钟警钟", 7, "警钟警…"), ("警钟警钟", 6, "警钟…")],
)
def test_text_is_cut_by_what_is_seen(text: str, width: int, fits: str) -> None:
    """A Chinese character takes two columns."""
    assert (fitted(text, width), columns_of(fits) <= width) == (fits, True)


def test_without_a_time_of_the_service_times_are_shown_as_they_are() -> None:
    """Nothing is reckoned from what is not known."""
    assert until("2026-12-05T01:30:00.000Z", "") == "2026-12-05 01:30:00Z"
    assert until("2026-12-05T01:30:00.000Z", NOW) == "27m"
