"""What is sound and yet cannot be meant is warned of, with its place; what can be meant is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import SHIPPED, write

from tocsin._core.plan import GROUPS
from tocsin._core.problems import Problem
from tocsin._core.times import parse_time
from tocsin.plan import check

NOW = parse_time("2026-12-01T00:00:00Z")
ONE_GROUP = """
groups:
  command:   {channels: [console], fallback: [spare]}
  technical: {channels: [console], fallback: [spare]}
  business:  {channels: [console], fallback: [spare]}
  legal:     {channels: [console], fallback: [spare]}
  data:      {channels: [console], fallback: [spare]}
channels:
  console: {type: console}
  spare:   {type: console}
"""


def warned(directory: Path, text: str) -> list[Problem]:
    """The warnings of a plan, which is sound."""
    problems, plan = check(write(directory, text), {"HOOK": "https://example.org/hook"}, now=NOW)
    assert plan is not None, problems
    assert all(problem.warning for problem in problems)
    return problems


def rules(*lines: str) -> str:
    """Rules, one a line."""
    return "rules:\n" + "".join(f"  - {line}\n" for line in lines)


def test_a_rule_behind_a_wider_one(tmp_path: Path) -> None:
    """It is named with its place, and so is the one before it."""
    text = rules(
        "{name: any, match: ['alertname=~\"Disk.*\"'], class: hw_sw_fault}",
        "{name: full, match: ['alertname=\"DiskFull\"', 'severity=\"critical\"'], class: hw_sw_fault}",
    )
    (problem,) = warned(tmp_path, text)
    assert (problem.line, problem.path) == (3, "rules[1].name")
    assert "`full` can never decide" in problem.message
    assert f"`any` ({tmp_path}/plan.yaml:2)" in problem.message


@pytest.mark.parametrize(
    "first",
    [
        "{name: any, match: ['alertname=~\"Disk.*\"'], max_tier: low, continue: true}",
        "{name: any, match: ['alertname=~\"Disk.*\"'], drop: for a while, until: 2027-01-01}",
        "{name: any, match: ['alertname=~\"Disk.*\"', 'service=\"cms\"'], class: hw_sw_fault}",
    ],
)
def test_a_rule_behind_one_that_lets_it_through(tmp_path: Path, first: str) -> None:
    """One that goes on, that ends, or that is narrower in anything blocks nothing."""
    assert warned(tmp_path, rules(first, "{name: full, match: ['alertname=\"DiskFull\"'], class: hw_sw_fault}")) == []


def test_several_rules_block_one(tmp_path: Path) -> None:
    """Where each alternative stands behind another rule, all of them are named."""
    text = rules(
        "{name: a, match: ['alertname=\"A\"'], class: other}",
        "{name: b, match: ['alertname=\"B\"'], class: other}",
        "{name: both, match_any: ['alertname=\"A\"', 'alertname=\"B\"'], class: hw_sw_fault}",
    )
    (problem,) = warned(tmp_path, text)
    assert "`a`" in problem.message and "`b`" in problem.message


def test_matchers_that_never_hold_together(tmp_path: Path) -> None:
    """In ``match``, and in one string of ``match_any`` with it; the label is named."""
    text = rules(
        "{name: a, match: ['x=\"1\"', 'x=\"2\"'], class: other}",
        "{name: b, match: ['y=\"1\"'], match_any: ['z=\"1\"', 'y=~\"2|3\"'], class: other}",
    )
    problems = warned(tmp_path, text)
    assert [problem.path for problem in problems] == ["rules[0].match", "rules[1].match_any[1]"]
    assert "`x`" in problems[0].message and "`y`" in problems[1].message


def test_a_drop_past_its_end(tmp_path: Path) -> None:
    """A day counts to its end where the plan is at home; one that has not ended is left alone."""
    text = "timezone: Asia/Shanghai\n" + rules(
        "{name: over, match: ['a=\"1\"'], drop: once, until: 2026-11-30}",
        "{name: not-yet, match: ['a=\"2\"'], drop: once, until: 2026-12-01}",
    )
    (problem,) = warned(tmp_path, text)
    assert (problem.path, "2026-11-30T16:00:00.000Z" in problem.message) == ("rules[0].until", True)


def test_without_a_time_nothing_has_ended(tmp_path: Path) -> None:
    """Who does not say when is not told what has ended."""
    text = rules("{name: over, match: ['a=\"1\"'], drop: once, until: 2026-11-30}")
    assert check(write(tmp_path, text), {})[0] == []


def test_groups_without_a_fallback_and_channels_without_a_group(tmp_path: Path) -> None:
    """Each is warned of where it stands; where all is well, nothing is said."""
    assert warned(tmp_path, ONE_GROUP) == []
    text = ONE_GROUP.replace("legal:     {channels: [console], fallback: [spare]}", "legal: {channels: [console]}")
    problems = warned(tmp_path, text + "  lone:    {type: console}\n")
    assert [problem.path for problem in problems] == ["groups.legal", "channels.lone"]


DAYS = "{when: [{weekdays: ['monday:friday'], times: [{start_time: '08:00', end_time: '18:30'}]}]}"
OFFICE = f"calendars: {{office: {DAYS}}}\n"
NIGHTS = """
  nights:
    when:
      - {weekdays: [sunday, saturday]}
      - {times: [{start_time: '00:00', end_time: '08:00'}, {start_time: '18:30', end_time: '24:00'}]}
"""


def test_a_group_that_nobody_reaches_at_some_hour(tmp_path: Path) -> None:
    """With the first such day and hour, where the plan is at home."""
    text = ONE_GROUP.replace("legal:     {", "legal: {when: office, ") + "timezone: Asia/Shanghai\n" + OFFICE
    assert warned(tmp_path, text) == []
    (problem,) = warned(tmp_path, text.replace("spare:   {", "spare: {when: office, "))
    assert problem.path == "groups.legal"
    assert "within hours on Tuesday, 2026-12-01 at 18:30 (Asia/Shanghai)" in problem.message


def test_hours_that_fill_the_week_together(tmp_path: Path) -> None:
    """A channel by day and one by night leave no hour out; nor does a fallback by night."""
    calendars = f"calendars:\n  office: {DAYS}{NIGHTS}"
    text = ONE_GROUP.replace("console: {", "console: {when: office, ").replace("spare:   {", "spare: {when: nights, ")
    assert warned(tmp_path, text + calendars) == []
    problems = warned(tmp_path, text + calendars.replace("[sunday, ", "["))
    assert {problem.path for problem in problems} == {f"groups.{name}" for name in GROUPS}
    assert "Sunday, 2026-12-06 at 08:00" in problems[0].message


def test_a_calendar_that_nobody_uses(tmp_path: Path) -> None:
    """It is warned of where it stands."""
    (problem,) = warned(tmp_path, ONE_GROUP + OFFICE)
    assert (problem.path, "uses the calendar `office`" in problem.message) == ("calendars.office", True)


def test_labels_of_titles_and_links_that_nothing_knows(tmp_path: Path) -> None:
    """Likely misspelt; the one that is meant is named."""
    text = rules(
        "{name: a, match: ['tenant=\"x\"'], class: other, title: 'Of {tenent}', links: {x: 'https://w.example/{zzz}'}}"
    )
    problems = warned(tmp_path, text)
    assert [problem.path for problem in problems] == ["rules[0].title", "rules[0].links.x"]
    assert "did you mean `tenant`?" in problems[0].message and "name it in a matcher" in problems[1].message


def test_labels_that_the_plan_knows(tmp_path: Path) -> None:
    """The plan's words, usual labels, and those of matchers, tests, sources and ``labels``."""
    names = "{service} {labels.service} {alertname} {tenant} {shard} {dc} {rack} {unit}"
    text = (
        "labels: {location: [dc]}\nsources: {prometheus: {labels: {rack: r1}}}\n"
        + rules(f"{{name: a, match: ['tenant=\"x\"'], incident_by: [unit], class: other, title: '{names}'}}")
        + "tests: [{name: t, alert: {labels: {tenant: x, shard: y}}, expect: {rule: a}}]\n"
    )
    assert warned(tmp_path, text) == []


@pytest.mark.parametrize(
    "settings",
    [
        "type: pagerduty, routing_key: abcdef, url: 'https://oncall.example/v2/enqueue'",
        "type: opsgenie, api_key: abcdef",
        "url: 'https://hooks.slack.com/services/T0/B0/abcdef'",
        "url: 'https://open.feishu.cn/open-apis/bot/v2/hook/abcdef'",
        "url: 'https://oapi.dingtalk.com/robot/send?access_token=abcdef'",
        "url: 'https://user:abcdef@example.org/hook'",
        "url: {env: HOOK}, headers: {Authorization: Bearer abcdef}",
        "url: {env: HOOK}, headers: {X-Api-Key: abcdef}",
    ],
)
def test_secrets_written_into_the_file(tmp_path: Path, settings: str) -> None:
    """They are warned of, and not shown again."""
    written = settings if settings.startswith("type") else f"type: webhook, {settings}"
    text = ONE_GROUP.replace("spare:   {type: console}", f"spare: {{{written}}}")
    (problem,) = warned(tmp_path, text)
    assert problem.path.startswith("channels.spare.")
    assert "abcdef" not in str(problem)


def test_what_is_secret_of_people(tmp_path: Path) -> None:
    """Their tokens and their numbers; not shown either where the line has another mistake."""
    text = "people: {a: {groups: [data], mobile: '+8613800000000', token: abcdef}}"
    assert [problem.path for problem in warned(tmp_path, text)] == ["people.a.mobile", "people.a.token"]
    problems, _ = check(write(tmp_path, text.replace("data", "dat")), {}, now=NOW)
    assert len(problems) == 3
    assert not any(secret in str(problem) for problem in problems for secret in ("13800000000", "abcdef"))


@pytest.mark.parametrize("settings", ["url: 'https://example.org/hook'", "url: {env: HOOK}, headers: {X-Team: sre}"])
def test_what_is_no_secret(tmp_path: Path, settings: str) -> None:
    """A plain address, and a header of another kind, may stand in the file."""
    assert (
        warned(tmp_path, ONE_GROUP.replace("spare:   {type: console}", f"spare: {{type: webhook, {settings}}}")) == []
    )


def test_the_shipped_rules_make_sense() -> None:
    """Of the shipped rules nothing is to be warned of."""
    assert check(SHIPPED, {}, now=NOW)[0] == []


def test_escalation_that_ends_in_silence(tmp_path: Path) -> None:
    """Stages of which none is repeated, where an acknowledgement is due; not where none is."""
    stages = "[{name: once, after: 5m, unless: acknowledged, tell: [command]}]"
    (problem,) = warned(tmp_path, f"escalation: {{high: {stages}, low: {stages}}}")
    assert (problem.path, "no stage of the tier high is repeated" in problem.message) == ("escalation.high", True)
    (problem,) = warned(tmp_path, "escalation: {medium: []}")
    assert problem.path == "escalation.medium"
    assert warned(tmp_path, f"tiers: {{high: {{ack_within: null}}}}\nescalation: {{high: {stages}}}") == []
    assert warned(tmp_path, f"escalation: {{high: {stages.replace('once', 'on, repeat_every: 1h')}}}") == []


def test_clocks_that_never_run(tmp_path: Path) -> None:
    """Those of a tier or vendor whose calendar is over."""
    text = "calendars: {c: {when: [{years: [Y]}]}}\ntiers: {low: {calendar: c}}\nvendors: {a: {calendar: c}}"
    problems = warned(tmp_path, text.replace("Y", "2026, 2025"))
    assert problems == []
    problems = warned(tmp_path, text.replace("Y", "2025"))
    assert [problem.path for problem in problems] == ["tiers.low.calendar", "vendors.a.calendar"]
    assert "the calendar `c` has no hour in the years to come" in problems[0].message


def test_a_team_that_nobody_uses(tmp_path: Path) -> None:
    """No service names it; its channels count as used."""
    text = ONE_GROUP.replace("[console]", "[spare]").replace("fallback: [spare]", "fallback: [more]")
    text += "  more: {type: console}\nteams: {pay: {group: data, channels: [console]}}\n"
    (problem,) = warned(tmp_path, text)
    assert (problem.path, "no service names the team `pay`" in problem.message) == ("teams.pay", True)
    assert warned(tmp_path, text + "services: {payments: {teams: [pay]}}") == []


def test_hours_at_which_no_team_of_a_service_is_told(tmp_path: Path) -> None:
    """One by day and one by night are somebody always; one by day alone is told of, where its group has no fallback."""
    text = """
channels: {day: {type: console, when: office}, rest: {type: console, when: rest}}
calendars:
  office: {when: [{times: [{start_time: '08:00', end_time: '20:00'}]}]}
  rest: {when: [{times: [{start_time: '20:00', end_time: '24:00'}, {start_time: '00:00', end_time: '08:00'}]}]}
teams: {a: {group: data, channels: [day]}, b: {group: data, channels: [rest]}}
services:
  payments: {teams: [a, b]}
"""
    assert warned(tmp_path, text) == []
    (problem,) = warned(tmp_path, text + "  cms: {teams: [a]}\n")
    assert problem.path == "teams.a"
    assert "nobody of the team `a` is within hours" in problem.message
    assert "give the group `data` a fallback" in problem.message


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ('tier="hihg"', 'no `tier` of a notice fits `tier="hihg"`; did you mean `high`?; it can never hold'),
        ('event="digest"', "no `event` of a notice fits"),
        ('class=~"outage"', "no `class` of a notice fits"),
        ('group="office"', "no `group` of a notice fits"),
        ('drill="yes"', "no `drill` of a notice fits"),
    ],
)
def test_a_match_that_no_notice_fits(tmp_path: Path, match: str, said: str) -> None:
    """Of what has few values one that is none is warned of, on a channel and on a group."""
    text = ONE_GROUP.replace("spare:   {type: console}", f"spare: {{type: console, match: ['{match}']}}")
    (problem,) = warned(tmp_path, text)
    assert (problem.path, problem.line) == ("channels.spare.match[0]", 10)
    assert said in problem.message
    text = ONE_GROUP.replace("data:      {", f"data: {{match: ['{match}'], ")
    (problem,) = warned(tmp_path, text)
    assert (problem.path, problem.line) == ("groups.data.match[0]", 7)


def test_a_match_that_contradicts_itself(tmp_path: Path) -> None:
    """Two matchers that exclude each other, as in a rule."""
    text = ONE_GROUP.replace("spare:   {type: console}", "spare: {type: console, match: ['tier=high', 'tier=low']}")
    (problem,) = warned(tmp_path, text)
    assert "no value of `tier` fits them all" in problem.message


def test_a_match_that_some_notices_fit(tmp_path: Path) -> None:
    """Classes of one's own, open sets and what is left out by ``!=`` are nothing to warn of."""
    match = "['class=fraud', 'service=\"anything\"', 'tier!=\"hihg\"', 'event=~\"opened|closed\"', 'group=vendor']"
    text = ONE_GROUP.replace("spare:   {type: console}", f"spare: {{type: console, match: {match}}}")
    assert warned(tmp_path, text + "classes: {fraud: {}}\n") == []


def test_a_team_that_has_only_files(tmp_path: Path) -> None:
    """A file tells nobody; beside another channel it is fine."""
    text = (
        "channels: {a: {type: file, path: /var/log/a}, b: {type: console}}\n"
        "teams:\n  x: {group: data, channels: [a]}\n  y: {group: data, channels: [a, b]}\n"
        "services: {s: {teams: [x, y]}}\n"
    )
    (problem,) = (each for each in warned(tmp_path, text) if "file" in each.message)
    assert (problem.path, problem.line) == ("teams.x.channels", 3)
    assert problem.message == "the team `x` has only files, and a file tells nobody; give it another channel"
