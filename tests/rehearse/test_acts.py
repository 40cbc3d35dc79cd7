"""Tests in time in which people act: what it does to clocks, and what is told of an act that is not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests._plan.written import plan_of
from tests.rehearse.test_sequence import DOWN, SLOW, ran

from tocsin.classify import Classifier
from tocsin.incident.decide import Decision, decide
from tocsin.rehearse import Result, rehearse
from tocsin.rehearse.sequence import in_time

OTHER = "{alertname: Down, service: orders}"
FIRES = f"{{at: 0m, fire: {DOWN}}}"

STORIES = {
    "what is acknowledged is not escalated": (
        f"{FIRES}, {{at: 3m, acknowledge: technical}}",
        "{at: 0m, event: opened}, {at: 3m, event: acknowledged, groups: [command, technical]}, "
        "{at: 29m59s, silent: true}, {at: 30m, event: update_due}",
    ),
    "at the last moment, too": (
        f"{FIRES}, {{at: 5m, acknowledge: command}}",
        "{at: 0m, event: opened}, {at: 5m, event: acknowledged}, {at: 29m, silent: true}",
    ),
    "another group's word is on record, and it is escalated all the same": (
        f"{FIRES}, {{at: 3m, acknowledge: legal}}",
        "{at: 0m, event: opened}, {at: 3m, event: acknowledged}, {at: 5m, event: escalated, groups: [command]}",
    ),
    "acknowledged as it opens": (
        f"{FIRES}, {{at: 0m, acknowledge: technical}}",
        "{at: 0m, event: opened}, {at: 0m, event: acknowledged}, {at: 29m, silent: true}",
    ),
    "acknowledged before it is told, the opening says it": (
        f"{{at: 0m, fire: {SLOW}}}, {{at: 10s, acknowledge: technical}}",
        "{at: 30s, event: opened}, {at: 1h, silent: true}",
    ),
    "contained, and its next update put off": (
        f"{FIRES}, {{at: 1m, acknowledge: technical}}, {{at: 10m, contain: technical}}, {{at: 20m, update: technical}}",
        "{at: 0m, event: opened}, {at: 1m, event: acknowledged}, {at: 10m, event: contained}, "
        "{at: 20m, event: updated, groups: [command, technical, business, legal, data]}, {at: 49m59s, silent: true}, "
        "{at: 50m, event: update_due}",
    ),
    "restored and closed": (
        f"{FIRES}, {{at: 2m, resolve: {DOWN}}}, {{at: 10m, restore: business}}, {{at: 12m, close: command}}",
        "{at: 0m, event: opened}, {at: 2m, event: cleared}, {at: 10m, event: restored}, "
        "{at: 12m, event: closed, reason: recovered}, {at: 7d, silent: true}",
    ),
    "restored as its signals clear: nobody is asked whether it is": (
        f"{FIRES}, {{at: 2m, resolve: {DOWN}}}, {{at: 2m, restore: technical}}",
        "{at: 0m, event: opened}, {at: 2m, event: restored}, {at: 3h, silent: true}",
    ),
    "restored though its signals were only lost": (
        f"{FIRES}, {{at: 2m, lose: {DOWN}}}, {{at: 7m, restore: technical}}",
        "{at: 0m, event: opened}, {at: 5m, event: escalated}, {at: 7m, event: restored}, {at: 3h, silent: true}",
    ),
    "restored, and it fires again": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, restore: business}}, {{at: 3m, fire: {DOWN}}}",
        "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 2m, event: restored}, {at: 3m, event: reopened}, "
        "{at: 5m, event: escalated}",
    ),
    "closed, what fires again is another incident": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: command}}, {{at: 3m, fire: {DOWN}}}, "
        "{at: 4m, acknowledge: technical}",
        "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 2m, event: closed, reason: unconfirmed}, "
        "{at: 3m, event: opened}, {at: 4m, event: acknowledged}, {at: 10m, silent: true}",
    ),
    "of two, the one that is meant": (
        f"{FIRES}, {{at: 1m, fire: {OTHER}}}, {{at: 3m, acknowledge: technical, of: {DOWN}}}",
        "{at: 0m, event: opened}, {at: 1m, event: opened}, {at: 3m, event: acknowledged}, {at: 5m, silent: true}, "
        "{at: 6m, event: escalated}, {at: 20m, silent: true}, {at: 21m, event: escalated}",
    ),
    "of two, the only one that is open": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: command}}, {{at: 3m, fire: {OTHER}}}, "
        "{at: 4m, acknowledge: technical}",
        "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 2m, event: closed}, {at: 3m, event: opened}, "
        "{at: 4m, event: acknowledged}, {at: 9m, silent: true}",
    ),
}


@pytest.mark.parametrize(("alerts", "expect"), STORIES.values(), ids=STORIES)
def test_people_move_clocks(tmp_path: Path, alerts: str, expect: str) -> None:
    """What somebody does is told, and what it puts an end to is told no more."""
    assert ran(tmp_path, alerts, expect).failure == ""


REFUSED = {
    "before anything is open": (
        "{at: 0m, acknowledge: technical}",
        "0s: acknowledge the open incident for technical: refused, no incident is open",
    ),
    "after it was closed": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: command}}, {{at: 3m, close: command}}",
        "3m: close the open incident for command: refused, no incident is open; it was closed at 2m",
    ),
    "of an alert whose incident is closed": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: command}}, {{at: 3m, contain: technical, of: {DOWN}}}",
        '3m: contain {alertname="Down", service="payments"} for technical: refused, '
        "the incident of this alert is not open; it was closed at 2m",
    ),
    "of an alert that was dropped": (
        "{at: 0m, fire: {alertname: Noise}}, {at: 1m, contain: technical, of: {alertname: Noise}}",
        '1m: contain {alertname="Noise"} for technical: refused, the alert of `of` joined no incident',
    ),
    "where several are open": (
        f"{FIRES}, {{at: 0m, fire: {OTHER}}}, {{at: 1m, contain: technical}}",
        "1m: contain the open incident for technical: refused, 2 incidents are open "
        "(subject=payments environment=prod location=; subject=orders environment=prod location=); "
        "say with `of` by the labels of which alert",
    ),
    "restored while it fires": (
        f"{FIRES}, {{at: 1m, restore: technical}}",
        "still fires; if it is back all the same, say so with despite_firing "
        "(in a test, let its alerts end before, by `resolve` or `lose`)",
    ),
    "closed while it goes on": (
        f"{FIRES}, {{at: 1m, close: command}}",
        "goes on: restore it, or call it a false alarm (in a test, let its alerts end before, by `resolve` or `lose`)",
    ),
    "contained when it is restored": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, restore: technical}}, {{at: 3m, contain: technical}}",
        "is restored and takes assign, update, note,",
    ),
    "a high one, closed by another group": (
        f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: technical}}",
        "is high, and only command ends such an incident; act for it with group: command",
    ),
}


@pytest.mark.parametrize(("alerts", "said"), REFUSED.values(), ids=REFUSED)
def test_an_act_that_is_not_taken_fails_the_test(tmp_path: Path, alerts: str, said: str) -> None:
    """In words that say why, and what could be done; then comes what happened."""
    result = ran(tmp_path, alerts, "{at: 1h, silent: true}")
    assert said in result.error
    assert any(said in reason for reason in result.reasons)


def test_it_fails_though_all_is_told_as_expected(tmp_path: Path) -> None:
    """A refusal is a failure by itself, and changes nothing about the incident."""
    alerts = f"{FIRES}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, close: technical}}, {{at: 3m, close: command}}"
    result = ran(tmp_path, alerts, "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 3m, event: closed}")
    assert not result.passed
    assert not result.mismatches
    assert [line.split(",")[0] for line in result.reasons] == [
        '0s: {alertname="Down"',
        "0s: opened to [business",
        '1m: {alertname="Down"',
        "1m: cleared (resolved) to [business",
        "2m: close the open incident for technical: refused",
        "3m: close the open incident for command: done",
        "3m: closed (unconfirmed) to [business",
    ]


PEOPLE = """
people:
  li.na: {title: Li Na, groups: [business, legal]}
  zhang.wei: {title: Zhang Wei, groups: [technical, legal]}
rules:
  - {name: down, match: ['alertname="Down"'], class: critical_function_outage, tier: high}
tests:
  - name: t
    alerts: [{at: 0m, fire: {alertname: Down}}, {at: 3m, acknowledge: technical}, {at: 4m, acknowledge: legal}]
    expect: [{at: 0m, event: opened}, {at: 3m, event: acknowledged}, {at: 4m, event: acknowledged}]
"""


def run_people(directory: Path) -> tuple[Result, list[str]]:
    """The one test of a plan that lists people, and who acted in it."""
    plan = plan_of(directory, PEOPLE)
    by: list[str] = []

    def watching(*looked_at: object, **more: object) -> Decision:
        decision: Decision = decide(*looked_at, **more)  # type: ignore[arg-type]
        by.extend(str(notice.said["by"]) for notice in decision.notices if "by" in notice.said)
        return decision

    return in_time(plan.tests[0], plan, Classifier(plan), decide=watching), by


def test_somebody_of_the_group_acts(tmp_path: Path) -> None:
    """Where the plan lists people, the first of the group that is named."""
    result, by = run_people(tmp_path)
    assert result.failure == ""
    assert by == ["zhang.wei", "li.na"]


def test_a_clock_that_stands_still_fails_the_test(tmp_path: Path) -> None:
    """An incident that wants to be looked at again at once, for ever, ends in words and not in a hang."""
    plan = plan_of(tmp_path, PEOPLE)

    def hasty(incident: object, view: object, plan: object, now: int, **more: object) -> Decision:
        decision: Decision = decide(incident, view, plan, now, **more)  # type: ignore[arg-type]
        return replace(decision, clock=now)

    result = in_time(plan.tests[0], plan, Classifier(plan), decide=hasty)
    assert result.error.startswith("at 0s one incident was looked at 1,000 times and is due again at once")
    assert "please report it" in result.error
    assert [reason.split(":")[0] for reason in result.reasons] == ["0s", "0s"]
    assert [each.failure for each in rehearse(plan, Classifier(plan))] == [""]
