"""Every mistake is told, all at once, with its place and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import problems_of, told

from tocsin._core.problems import Problem

GROUPS = "groups: {command: {channels: [console]}, technical: {channels: [console]}, business: {channels: [console]}"
FIRES = "alerts: [{at: 0m, fire: {x: y}}]"
ACTS = "alerts: [{at: 0m, fire: {x: y}}, "
SILENT = "expect: [{at: 0s, silent: true}]"

MISTAKES: list[tuple[str, int, str]] = [
    ("recievers: {}", 1, "unknown key `recievers`"),
    ("servces: {}", 1, "did you mean `services`?"),
    ("language: fr", 11, "`fr` is not one of en, zh"),
    ("timezone: Asia/Shangai", 11, "must be a time zone"),
    ("external_url: tocsin", 15, "must be a whole address"),
    ("rules: {}", 8, "`rules` must be a list"),
    ("services: []", 11, "`services` must be a mapping"),
    ("services: {a: 5}", 15, "`a` must be a mapping"),
    ("services: {a: {importance: cor}}", 28, "did you mean `core`?"),
    ("services: {a: {rto: 2}}", 21, "must be a duration such as 30s"),
    ("services: {a: {rto: 2 hours}}", 21, "write numbers with ms, s, m, h or d"),
    ("services: {a: {rto: 0s}}", 21, "longer than nothing"),
    ("services: {a: {vendor: acme}}", 24, "there is no vendor `acme`"),
    ("channels: {a: {type: console, match: ['teir=\"high\"']}}", 40, "a notice has no `teir`; did you mean `tier`?"),
    (
        'channels: {a: {type: console, match: [\'tier="high", severity="x"\']}}',
        53,
        "a notice has no `severity`; there are class, tier,",
    ),
    ("channels: {a: {type: console, match: 'tier=high'}}", 38, "must be a list"),
    ("channels: {a: {type: console, match: ['tier=~\"(\"']}}", 46, "no regular expression that RE2 takes"),
    ("channels: {a: {type: console, mention: [nobody]}}", 41, "there is no person `nobody`"),
    ("people: {p: {groups: [data], accounts: {slak: U1}}}", 41, "`slak` is no type of channel; did you mean `slack`?"),
    (
        "people: {p: {groups: [data], accounts: {slack: U1}}, q: {groups: [data], accounts: {slack: U1}}}",
        92,
        "`U1` is the account of `p` too (",
    ),
    ("{people: {p: {groups: [data]}}, channels: {a: {type: console, mention: [p, p]}}}", 76, "is listed twice"),
    (
        "{people: {p: {groups: [data]}}, channels: {a: {type: console, mention: [p]}}, vendors: {v: {channels: [a]}}}",
        63,
        "a channel of the vendor `v` shows it no people of yours",
    ),
    ("people: {p: {groups: [data], email: li.na}}", 37, "must be one address"),
    ("people: {p: {groups: [data], accounts: {slack: ''}}}", 48, "is no name"),
    ("vendors: {a: {channels: x}}", 25, "`channels` must be a list"),
    ("vendors: {a: {channels: []}}", 25, "must name at least one"),
    ("vendors: {a: {channels: [nope]}}", 26, "there is no channel `nope`"),
    ("vendors: {a: {channels: [console]}}", 26, "all groups use `console` where `groups` is left out"),
    ("{channels: {c: {type: console}}, vendors: {a: {channels: [c, c]}}}", 62, "is listed twice"),
    (
        "{channels: {c: {type: console}}, vendors: {a: {channels: [c]}, b: {channels: [c]}}}",
        79,
        "`c` is a channel of the vendor `a` too",
    ),
    ("templates: [{event: noted, group: vendor, text: x}]", 21, "a vendor is never told of `noted`"),
    ("templates: [{group: vendr, text: x}]", 21, "did you mean `vendor`?"),
    ("services: {a: {datasets: x}}", 26, "`datasets` must be a list"),
    ("rules: [{name: r, class: data_breach_loss, subtype: leek}]", 53, "did you mean `leak`?"),
    ("services: {a: {location: 5}}", 26, "put it in double quotes"),
    ("services: {a: {business_lines: ['']}}", 33, "must not be empty"),
    ("tiers: {high: {auto_restore: 1m}}", 16, "never closed by signals alone"),
    ("tiers: {high: {rto: 5h}}", 21, "recovers within 4h at most"),
    ("tiers: {medium: {wait: null}}", 24, "cannot be taken away"),
    ("tiers: {hihg: {}}", 9, "did you mean `high`?"),
    ("tiers: {high: {tell: everyone}}", 22, "is not one of all, listed, lead"),
    ("matrix: {core: {wide: hi}}", 23, "is not one of high, medium, low"),
    (GROUPS + ", legal: {channels: [console]}}", 1, "the group `data` is missing"),
    ("tokens: {a: {may: [read], token: abc}, b: {may: [act], token: abc}}", 63, "the same token as that of `a`"),
    (GROUPS + ", legal: {channels: [console]}, data: {channels: []}}", 156, "must name at least one"),
    (GROUPS + ", legal: {channels: [console]}, data: {channels: [consol]}}", 157, "did you mean `console`?"),
    (GROUPS + ", legal: {channels: [console]}, data: {channels: [console, console]}}", 166, "listed twice"),
    (GROUPS + ", legal: {channels: [console]}, data: {channels: [console], fallback: [console]}}", 178, "no fallback"),
    ("channels: {a: {type: slak}}", 22, "there is no channel of type `slak`; "),
    ("channels: {a: {url: 'http://x'}}", 12, "`type` is missing"),
    ("channels: {a: {type: webhook}}", 12, "`url` is missing"),
    ("channels: {a: {type: webhook, url: 'http://x', secret: a, secrets: [b]}}", 15, "has both `secret` and `secrets`"),
    ("channels: {a: {type: webhook, url: 'http://x', secrets: []}}", 57, "must name at least one"),
    ("channels: {a: {type: webhook, url: 'ftp://x'}}", 36, "must be a whole address"),
    ("channels: {a: {type: webhook, url: 'http://x', headers: {Host: y}}}", 57, "cannot set `Host`"),
    ("channels: {a: {type: webhook, url: 'http://x', headers: {'a b': y}}}", 58, "no name of a header"),
    ("channels: {a: {type: console, rate: 20}}", 37, "such as 20/1m"),
    ("channels: {a: {type: console, rate: 20/0s}}", 37, "such as 20/1m"),
    ("tiers: {low: {digest: 9}}", 23, "must be a time of the day, such as 09:00"),
    ("tiers: {low: {digest: '24:00'}}", 23, "must be a time of the day"),
    ("channels: {'a/b': {type: console}}", 12, "letters, digits, dots"),
    ("classes: {x: {lead: tecnical}}", 21, "did you mean `technical`?"),
    ("classes: {x: {outage: yes}}", 23, "a mere text in YAML 1.2"),
    ("sources: {x: {}}", 11, "`type` is missing; write one of prometheus, alertmanager"),
    ("sources: {x: {type: zabbix}}", 21, "is not one of prometheus, alertmanager"),
    ("sources: {prometheus: {type: alertmanager}}", 30, "is of type prometheus"),
    ("tokens: {t: {may: [ingest], token: {env: T}, source: nope}}", 54, "there is no source `nope`"),
    ("tokens: {t: {may: [read], token: {env: T}, source: prometheus}}", 52, "only a token that may ingest"),
    ("tokens: {t: {may: [], token: {env: T}}}", 19, "must name at least one"),
    ("environments: {dev: {drop: x, max_tier: low}}", 41, "has no tier"),
    ("heartbeats: {a: {every: 5m, class: other, tier: low}}", 14, "`match` is missing"),
    ("heartbeats: {a: {match: [], every: 5m, class: other, tier: low}}", 25, "must name at least one"),
    ("heartbeats: {a: {match: ['a=b'], class: other, tier: low}}", 14, "`every` is missing"),
    ("heartbeats: {a: {match: ['a=b'], every: 0s, class: other, tier: low}}", 41, "longer than nothing"),
    ("heartbeats: {a: {match: ['a=b'], every: 5m, class: othr, tier: low}}", 52, "did you mean `other`?"),
    ("heartbeats: {a: {match: ['a=b'], every: 5m, class: other, tier: lo}}", 65, "did you mean `low`?"),
    ("sources: {heartbeat: {type: prometheus}}", 11, "the name under which Tocsin tells of heartbeats"),
    ("watchdog: {every: 1m}", 1, "`url` is missing"),
    ("watchdog: {url: alive}", 17, "must be a whole address"),
    ("rules: [{match: ['a=b']}]", 9, "`name` is missing; every rule has a name"),
    ("rules: [{name: a, match: ['a=~\"(\"']}]", 31, "no regular expression that RE2 takes: missing )"),
    ("rules: [{name: a, match: ['a']}]", 29, "write =, !=, =~ or !~ after a"),
    ("rules: [{name: a, match: a=b}]", 26, "`match` must be a list"),
    ("rules: [{name: a, class: hw_sw_falt}]", 26, "did you mean `hw_sw_fault`?"),
    ("rules: [{name: a, service: nope}]", 28, "there is no service `nope`"),
    ("rules: [{name: a, vendor: nope}]", 27, "there is no vendor `nope`"),
    ("rules: [{name: a, incident_by: []}]", 32, "must name at least one"),
    ("rules: [{name: a, until: 2027-01-01}]", 19, "`until` ends a `drop`"),
    ("rules: [{name: a, drop: x, until: 2027-02-30}]", 35, "must be a day such as"),
    ("rules: [{name: a, drop: x, until: 9999-12-31}]", 35, "must be a day such as"),
    ("rules: [{name: a, drop: x, class: other}]", 28, "a rule that drops decides nothing else"),
    ("rules: [{name: a, drop: x, continue: true}]", 28, "a rule that drops decides nothing else"),
    ("rules: [{name: a, title: {de: x}}]", 26, "it has no language `de`"),
    ("rules: [{name: a, title: 'Disk {node'}]", 32, "this brace is never closed"),
    ("rules: [{name: a, title: {zh: '磁盘 }'}}]", 35, "this brace closes none"),
    ("rules: [{name: a, title: {en: Disk, zh: '{}'}}]", 42, "the name of a label between the braces"),
    ("rules: [{name: a, links: {runbook: 'https://w.example/{a'}}]", 55, "this brace is never closed"),
    ("rules: [{name: a, links: {runbook: 'https://{host}/a'}}]", 36, "begin with the whole host"),
    ("rules: [{name: a, links: {runbook: 'https://w.example.{a}/'}}]", 36, "begin with the whole host"),
    ("rules: [{name: a, links: {runbook: '{a}'}}]", 36, "begin with the whole host"),
    ("rules: [{name: a, links: {runbook: 'javascript:alert(1)'}}]", 36, "must be a whole address"),
    ("rules: [{name: a, links: {runbook: 'https://w.example/a b'}}]", 36, "without spaces"),
    ("rules: [{name: a, links: {incident: 'https://w.example/'}}]", 27, "is made by Tocsin itself"),
    ("calendars: {a: {}}", 13, "`when` is missing"),
    ("calendars: {a: {when: []}}", 23, "must name at least one"),
    ("calendars: {a: {when: [{weekdays: [mon]}]}}", 36, "must be a day such as monday"),
    ("calendars: {a: {when: [{weekdays: ['friday:monday']}]}}", 36, "runs backwards"),
    ("calendars: {a: {when: [{times: [{start_time: '9:00', end_time: '10:00'}]}]}}", 46, "must be a time of day"),
    ("calendars: {a: {when: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}}", 33, "for a night, write two"),
    ("calendars: {a: {when: [{days_of_month: [0]}]}}", 41, "must be a day of the month"),
    ("calendars: {a: {when: [{days_of_month: ['-1:5']}]}}", 41, "runs backwards"),
    ("calendars: {a: {when: [{months: [13]}]}}", 34, "must be a month"),
    ("calendars: {a: {when: [{years: ['27']}]}}", 33, "must be a year"),
    ("calendars: {a: {when: [{location: Mars/Base}]}}", 35, "must be a time zone"),
    ("calendars: {a: {when: [{}], except: ['2027-02-30']}}", 38, "must be a day such as 2027-10-01"),
    ("calendars: {a: {when: [{}], also: ['2027-10-07..2027-10-01']}}", 36, "runs backwards"),
    ("channels: {a: {type: console, when: office}}", 37, "there is no calendar `office`"),
    ("teams: {t: {channels: [console]}}", 9, "`group` is missing"),
    ("teams: {t: {group: data, channels: []}}", 36, "must name at least one"),
    ("teams: {t: {group: dat, channels: [console]}}", 20, "did you mean `data`?"),
    ("teams: {t: {group: data, channels: [hook]}}", 37, "there is no channel `hook`"),
    ("teams: {t: {group: data, channels: [console, console]}}", 46, "the channel `console` is listed twice"),
    ("services: {a: {teams: [pay]}}", 24, "there is no team `pay`"),
    ("people: {a: {title: A}}", 10, "`groups` is missing"),
    ("people: {a: {groups: [everybody]}}", 23, "not one of command"),
    ("people: {'system:x': {groups: [data]}}", 10, "is no person's name"),
    ("people: {a: {groups: [data], token: abc}, b: {groups: [data], token: abc}}", 70, "the same token as that of `a`"),
    ("{tokens: {a: {may: [act], token: abc}}, people: {b: {groups: [data], token: abc}}}", 77, "of `a` in `tokens`"),
    ("tiers: {low: {calendar: office}}", 25, "there is no calendar `office`"),
    ("tiers: {low: {deliver_within: 0s}}", 31, "`deliver_within`"),
    ("vendors: {a: {calendar: office}}", 25, "there is no calendar `office`"),
    ("tests: [5]", 9, "must be a mapping"),
    ("tests: [{name: a, alert: {labels: {x: y}}, expect: {teir: high}}]", 53, "did you mean `tier`"),
    ("tests: [{name: a, alert: {labels: {x: y}}, expect: {class: nope}}]", 60, "there is no class `nope`"),
    ("tests: [{name: a, alert: {labels: {x: y}}, expect: {channels: [nope]}}]", 64, "there is no channel `nope`"),
    ("tests: [{name: a, alert: {labels: {x: y}}, expect: {}}]", 52, "nothing is expected"),
    ("tests: [{name: a, expect: {tier: low}}]", 9, "either an `alert`, a `payload` or `alerts`"),
    ("tests: [{name: a, alert: {labels: {x: y}}, expect: [{at: 0s, event: opened}]}]", 52, "parts of the decision"),
    (f"tests: [{{name: a, {FIRES}, expect: {{tier: high}}}}]", 61, "notices are expected, as in"),
    (f"tests: [{{name: a, {FIRES}, expect: []}}]", 61, "must name at least one"),
    (f"tests: [{{name: a, {FIRES}, expect: [5]}}]", 62, "`expect[0]` must be a mapping"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, evnet: opened}}]}}]", 71, "did you mean `event`?"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, event: escalate}}]}}]", 78, "did you mean `escalated`?"),
    (
        f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, event: opened, groups: [leagl]}}]}}]",
        95,
        "did you mean `legal`?",
    ),
    (f"tests: [{{name: a, {FIRES}, expect: [{{event: opened}}]}}]", 62, "`at` is missing"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: soon, event: opened}}]}}]", 67, "is no duration"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s}}]}}]", 62, "exactly one of `event` or `silent`"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, silent: false}}]}}]", 79, "`silent` must be `true`"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, silent: true, reason: x}}]}}]", 93, "there is no `reason`"),
    ("escalation: {high: [{name: a, after: 5m}]}", 21, "`tell` is missing"),
    ("escalation: {high: [{name: a, after: 5m, tell: []}]}", 48, "must name at least one"),
    ("escalation: {high: [{name: a, tell: [command]}]}", 21, "needs either `after` or `at`"),
    ("escalation: {high: [{name: a, after: 5m, at: 50%, tell: [command]}]}", 21, "needs either `after` or `at`"),
    (
        "escalation: {high: [{name: A b, after: 5m, tell: [command]}]}",
        28,
        "small letters, digits and dashes, not `A b`",
    ),
    ("escalation: {high: [{name: a, at: 0.75, tell: [command]}]}", 35, "from 1% to 100%, such as 75%, not `0.75`"),
    ("escalation: {high: [{name: a, at: 101%, tell: [command]}]}", 35, "from 1% to 100%"),
    ("escalation: {high: [{name: a, after: 1m, unless: told, tell: [command]}]}", 50, "not one of acknowledged"),
    ("escalation: {high: [{name: a, after: 1m, tell: [everybody]}]}", 49, "not one of command"),
    ("escalation: {hi: [{name: a, after: 1m, tell: [data]}]}", 14, "did you mean `high`?"),
    (
        "escalation: {low: [{name: a, after: 1m, tell: [data]}, {name: a, after: 2m, tell: [data]}]}",
        63,
        "the stage `a` is defined twice in this tier; the first is at",
    ),
    (
        f"tests: [{{name: a, {FIRES}, expect: [{{at: 0s, event: opened}}, {{at: 0s, silent: true}}]}}]",
        104,
        "also expected",
    ),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 4m, event: opened}}, {{at: 3m, event: closed}}]}}]", 92, "in order"),
    (f"tests: [{{name: a, {FIRES}, expect: [{{at: 8d, silent: true}}]}}]", 67, "about 7d at most"),
    ("tests: [{name: a, alerts: [], expect: [{at: 0s, silent: true}]}]", 27, "must name at least one"),
    ("tests: [{name: a, alerts: [{at: 0s, fires: {x: y}}], expect: [{at: 0s, silent: true}]}]", 37, "mean `fire`?"),
    (
        "tests: [{name: a, alerts: [{at: 0s}], expect: [{at: 0s, silent: true}]}]",
        28,
        "one of `fire`, `resolve`, `lose`, `acknowledge`, `contain`, `update`, `restore` or `close`",
    ),
    (
        f"tests: [{{name: a, {ACTS}{{at: 0s, close: data, fire: {{x: y}}}}], {SILENT}}}]",
        52,
        "a step has exactly one of",
    ),
    (f"tests: [{{name: a, {ACTS}{{at: 0s, close: dat}}], {SILENT}}}]", 68, "did you mean `data`?"),
    (f"tests: [{{name: a, {ACTS}{{at: 0s, close: data, of: {{x: z}}}}], {SILENT}}}]", 78, "fires before"),
    (f"tests: [{{name: a, {ACTS}{{at: 0s, lose: {{x: y}}, of: {{x: y}}}}], {SILENT}}}]", 79, "with what people do"),
    (
        f"tests: [{{name: a, {ACTS}{{at: 0s, close: data}}], {SILENT}}}]\npeople: {{p: {{title: P, groups: [legal]}}}}",
        68,
        "nobody among the plan's `people` is of the group `data`",
    ),
    ("tests: [{name: a, alerts: [{at: 0s, fire: {}}], expect: [{at: 0s, silent: true}]}]", 43, "at least one"),
    ("tests: [{name: a, alerts: [{at: 1m, fire: {x: y}}], expect: [{at: 0s, silent: true}]}]", 33, "after this step"),
    ("tests: [{name: a, alerts: [{at: 0s, lose: {x: y}}], expect: [{at: 0s, silent: true}]}]", 43, "fires before"),
]

TOP_LEVEL = ["inhibit", "maintenance", "obligations", "silences"]
LATER = [(f"{key}: {{}}", key) for key in TOP_LEVEL] + [
    (f"channels: {{a: {{type: console, {key}: x}}}}", key) for key in ("details",)
]


@pytest.mark.parametrize(("text", "column", "said"), MISTAKES, ids=[text for text, _, _ in MISTAKES])
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, text: str, column: int, said: str) -> None:
    """One mistake is one problem, at its column, in words that say what to write."""
    found = told(problems_of(tmp_path, text, T="t"))
    assert [(line, at) for line, at, _ in found] == [(1, column)], found
    assert said in found[0][2]


@pytest.mark.parametrize(("text", "key"), LATER, ids=[text for text, _ in LATER])
def test_keys_of_later_versions_are_refused_by_name(tmp_path: Path, text: str, key: str) -> None:
    """What this version does not know yet is never ignored in silence."""
    assert f"`{key}` belongs to a later version of Tocsin, and this one does not know it yet; take it out" in [
        message for _, _, message in told(problems_of(tmp_path, text))
    ]


def test_all_problems_come_at_once_in_order(tmp_path: Path) -> None:
    """Mistakes of shape, of reference and of grammar, in several files and several in one entry."""
    problems = problems_of(
        tmp_path,
        {
            "a.yaml": "services:\n  pay:\n    importance: cor\n    vendor: nobody\n    match: ['a=']\n",
            "b.yaml": "rules:\n  - name: x\n    class: nonsense\n    continue: yes\n  - {match: ['a=b'], class: no}\n",
        },
    )
    assert [(Path(problem.file).name, problem.line, problem.path) for problem in problems] == [
        ("a.yaml", 3, "services.pay.importance"),
        ("a.yaml", 4, "services.pay.vendor"),
        ("a.yaml", 5, "services.pay.match[0]"),
        ("b.yaml", 3, "rules[0].class"),
        ("b.yaml", 4, "rules[0].continue"),
        ("b.yaml", 5, "rules[1].name"),
    ]


def test_names_defined_twice_name_both_places(tmp_path: Path) -> None:
    """Entries, settings, scalars and rules that two files define: the later one is told, with the first's place."""
    first = "language: en\nchannels: {a: {type: console}}\ntiers: {high: {rto: 1h}}\nrules: [{name: r}]\n"
    problems = problems_of(tmp_path, {"1.yaml": first, "2.yaml": first})
    assert [f"{problem.line}: {problem.message}" for problem in problems] == [
        f"1: `language` is set twice; the first is at {tmp_path}/1.yaml:1:1",
        f"2: the channel `a` is defined twice; the first is at {tmp_path}/1.yaml:2:12",
        f"3: `tiers.high.rto` is set twice; the first is at {tmp_path}/1.yaml:3:16",
        f"4: the rule `r` is defined twice; the first is at {tmp_path}/1.yaml:4:16",
    ]


def test_paths_count_in_the_file_where_a_rule_stands(tmp_path: Path) -> None:
    """The second file's first rule is ``rules[0]`` of that file, not a number over all files."""
    (problem,) = problems_of(tmp_path, {"1.yaml": "rules: [{name: a}]", "2.yaml": "rules: [{name: b, tier: x}]"})
    assert (Path(problem.file).name, problem.path) == ("2.yaml", "rules[0].tier")


def test_a_file_that_cannot_be_read_makes_no_names_unknown(tmp_path: Path) -> None:
    """While one file is broken, names that it may define are not complained about; the others' mistakes are."""
    problems = problems_of(tmp_path, {"1.yaml": "vendors: [", "2.yaml": "services: {a: {vendor: acme, rto: 5}}"})
    assert [(Path(problem.file).name, problem.path) for problem in problems] == [
        ("1.yaml", ""),
        ("2.yaml", "services.a.rto"),
    ]


def test_a_broken_entry_still_lends_its_name(tmp_path: Path) -> None:
    """A vendor with a mistake in it is a vendor: one mistake is one problem."""
    found = told(problems_of(tmp_path, "vendors: {acme: {rto: 5}}\nservices: {a: {vendor: acme}}"))
    assert [line for line, _, _ in found] == [1]


def test_the_caret_stands_under_the_words(tmp_path: Path) -> None:
    """A problem prints file, line and column, then the line and a caret, true under Chinese too."""
    (problem,) = problems_of(tmp_path, "services: {支付: {importance: cor}}")
    assert str(problem) == (
        f"{tmp_path}/plan.yaml:1:29: `cor` is not one of core, important, supporting; did you mean `core`?\n"
        "    services: {支付: {importance: cor}}\n"
        "                                  ^^^"
    )


def test_a_matcher_with_escapes_is_meant_as_a_whole(tmp_path: Path) -> None:
    """Where YAML's own escapes blur the columns, the caret takes the whole text."""
    (problem,) = problems_of(tmp_path, 'rules: [{name: a, match: ["a=~\\"(\\""]}]')
    assert (problem.column, problem.width) == (27, 10)


def test_a_long_line_is_shown_around_the_column() -> None:
    """Nobody wants a line of a thousand characters; the caret still stands under the right ones."""
    problem = Problem("a.yaml", 1, 901, "wrong", source="x" * 900 + "HERE" + "y" * 900, width=4)
    _, line, caret = str(problem).split("\n")
    assert len(line) < 170
    assert line[caret.index("^") : caret.index("^") + 4] == "HERE" and caret.count("^") == 4


def test_what_concerns_a_whole_file_has_no_line() -> None:
    """Line 0 is left out of what is printed."""
    assert str(Problem("rules", 0, 0, "there is no such directory")) == "rules: there is no such directory"


def test_a_file_that_is_wrong_throughout_stays_bounded(tmp_path: Path) -> None:
    """Thousands of mistakes are told as the first two hundred, and that there are more."""
    problems = problems_of(tmp_path, "rules:\n" + "- {nme: x}\n" * 5_000)
    assert len(problems) == 201
    assert "there are more problems" in problems[-1].message
    assert [problem.line for problem in problems[:2]] == [2, 2]
