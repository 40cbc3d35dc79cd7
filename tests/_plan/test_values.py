"""What sound rule files become: the values of the plan, and its defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests._plan.written import SMALL, plan_of, write

from tocsin._core.matcher import Matcher
from tocsin._core.model import Text, Tier
from tocsin._core.pattern import Pattern, TextPattern
from tocsin._core.people import Person, Team
from tocsin._core.plan import Plan, TierPolicy, Vendor
from tocsin._core.secret import Secret
from tocsin._core.source import Source
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND
from tocsin._core.watch import Heartbeat, Stage, Watchdog
from tocsin.plan import check, load


def small() -> Plan:
    """The small plan of the contract, verbatim."""
    return load(SMALL, environment={})


def test_the_small_plan_works_as_it_stands() -> None:
    """It loads, with no warning but of the fallbacks that it lacks, and its entries are what they say."""
    plan = small()
    assert {problem.path for problem in check(SMALL, {})[0]} == {
        f"groups.{name}" for name in ("command", "business", "legal", "data")
    }
    assert (plan.language, plan.timezone, plan.external_url) == ("en", ZoneInfo("Asia/Shanghai"), "")
    payments = plan.services["payments"]
    assert (payments.importance, payments.rto, payments.sla_limit) == ("core", 2 * HOUR, 3 * HOUR)
    assert (payments.vendor, payments.location, payments.datasets) == ("acme", "cn-east-1", ("orders",))
    assert payments.match == (Matcher("namespace", "=", "pay"),)
    assert plan.vendors["acme"] == Vendor(
        name="acme",
        title=Text("Acme Outsourcing", "Acme Outsourcing"),
        kind="contractor",
        contract="C-2026-014",
        ack_within=15 * MINUTE,
        rto=4 * HOUR,
    )
    assert plan.groups["technical"].fallback == ("command-hook",)
    assert (plan.groups["business"].language, plan.groups["legal"].language) == ("zh", None)
    assert plan.channels["data-hook"].settings == {"url": "http://127.0.0.1:9900/data"}
    (rule,) = plan.rules
    assert rule.match == (Matcher("alertname", "=~", "PaymentGateway.*"),)
    assert (rule.name, rule.class_, rule.impact) == ("payment-gateway-down", "critical_function_outage", "wide")
    assert rule.place == f"{SMALL}/plan.yaml:29"


def test_the_tiers_and_the_matrix_shown_there_are_the_defaults(tmp_path: Path) -> None:
    """A plan that leaves them out has the same."""
    plan, empty = small(), plan_of(tmp_path, "")
    assert (plan.tiers, plan.matrix) == (empty.tiers, empty.matrix)
    assert plan.tiers[Tier.LOW] == TierPolicy(
        rto=72 * HOUR, wait=5 * MINUTE, update_every=24 * HOUR, tell="lead", auto_restore=10 * MINUTE
    )
    assert plan.tiers[Tier.HIGH].auto_restore is None
    assert plan.matrix["important"] == {"wide": Tier.HIGH, "partial": Tier.MEDIUM, "narrow": Tier.LOW}


def test_tiers_and_matrix_keep_what_is_not_written(tmp_path: Path) -> None:
    """Key by key, over several files too; ``null`` turns a clock off."""
    plan = plan_of(
        tmp_path,
        {
            "a.yaml": "tiers: {high: {wait: 5s}}\nmatrix: {core: {narrow: high}}",
            "b.yaml": "tiers: {high: {ack_within: null}, low: {rto: 10d}}",
        },
    )
    default = plan_of(tmp_path, {"a.yaml": "", "b.yaml": ""})
    assert plan.tiers[Tier.HIGH] == replace(default.tiers[Tier.HIGH], wait=5 * SECOND, ack_within=None)
    assert plan.tiers[Tier.LOW] == replace(default.tiers[Tier.LOW], rto=10 * DAY)
    assert plan.tiers[Tier.MEDIUM] == default.tiers[Tier.MEDIUM]
    assert plan.matrix["core"] == {"wide": Tier.HIGH, "partial": Tier.HIGH, "narrow": Tier.HIGH}
    assert plan.matrix["supporting"] == default.matrix["supporting"]


def test_when_clocks_run_and_how_long_channels_have(tmp_path: Path) -> None:
    """Calendars of tiers and vendors; the time to accept a notice by default, and turned off."""
    text = """
calendars: {office: {when: [{weekdays: ['monday:friday']}]}}
tiers: {low: {calendar: office}, medium: {deliver_within: null}}
vendors: {a: {calendar: office}}
"""
    plan = plan_of(tmp_path, text)
    assert [plan.tiers[tier].calendar for tier in (Tier.HIGH, Tier.LOW)] == ["", "office"]
    assert (plan.vendors["a"].calendar, plan_of(tmp_path, "vendors: {a: }").vendors["a"].calendar) == ("office", "")
    assert [plan.tiers[tier].deliver_within for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW)] == [2 * MINUTE, None, None]
    assert plan_of(tmp_path, "").tiers[Tier.MEDIUM].deliver_within == 10 * MINUTE


def test_the_shipped_classes_are_the_contracts(tmp_path: Path) -> None:
    """All eleven, with lead, also, outage and operational."""
    classes = plan_of(tmp_path, "").classes
    told = {
        name: (entry.lead, " ".join(entry.also), entry.outage, entry.operational) for name, entry in classes.items()
    }
    assert told == {
        "critical_function_outage": ("technical", "business command", True, True),
        "data_breach_loss": ("data", "technical legal command", False, False),
        "key_person_unavailable": ("command", "business technical", False, False),
        "vendor_delivery_delay": ("business", "legal command", False, False),
        "quality_failure": ("technical", "business", False, True),
        "hw_sw_fault": ("technical", "", False, True),
        "cyber_attack": ("technical", "data legal command", False, False),
        "natural_disaster": ("command", "technical business", True, True),
        "compliance_privacy_risk": ("legal", "data", False, False),
        "third_party_outage": ("technical", "business legal", True, True),
        "other": ("technical", "", False, True),
    }
    assert classes["cyber_attack"].title == Text("Cyber attack", "网络攻击")


def test_classes_are_changed_and_added(tmp_path: Path) -> None:
    """A shipped class keeps what is not written; a new one has the defaults."""
    classes = plan_of(
        tmp_path, "classes: {hw_sw_fault: {lead: data, also: [legal]}, fraud_case: {title: {zh: 欺诈}}, plain_one: }"
    ).classes
    fault, fraud, plain = classes["hw_sw_fault"], classes["fraud_case"], classes["plain_one"]
    assert (fault.lead, fault.also, fault.operational, fault.title.en) == (
        "data", ("legal",), True, "Hardware or software fault",
    )  # fmt: skip
    assert (fraud.title, fraud.lead, fraud.also, fraud.outage, fraud.operational) == (
        Text("欺诈", "欺诈"), "technical", (), False, False,
    )  # fmt: skip
    assert plain.title == Text("Plain one", "Plain one")


def test_groups_have_defaults_for_title_and_details(tmp_path: Path) -> None:
    """Full details for command, technical and data; a summary for business and legal; what is written wins."""
    rows = ["command", "technical", "business", "legal", "data"]
    text = "groups: {" + ", ".join(f"{name}: {{channels: [console]}}" for name in rows[:-1])
    plan = plan_of(tmp_path, text + ", data: {title: Daten, channels: [console], details: summary, timezone: UTC}}")
    assert [plan.groups[name].details for name in rows] == ["full", "full", "summary", "summary", "summary"]
    assert plan.groups["command"].title == Text("Command", "指挥小组")
    assert (plan.groups["data"].title.en, plan.groups["data"].timezone) == ("Daten", ZoneInfo("UTC"))
    assert plan.channels["console"].type == "console"


def test_sources_exist_and_can_be_changed_and_added(tmp_path: Path) -> None:
    """``prometheus`` and ``alertmanager`` always; naming one overrides its settings, and its type may be left out."""
    plan = plan_of(
        tmp_path,
        "sources: {prometheus: {replica_labels: [replica], expires: never},"
        " prom-bj: {type: prometheus, labels: {location: bj}, expires: 90s}}",
    )
    assert plan.sources["alertmanager"] == Source(name="alertmanager", type="alertmanager")
    assert plan.sources["prometheus"].replica_labels == ("replica",)
    assert (plan.sources["prometheus"].type, plan.sources["prometheus"].expires) == ("prometheus", "never")
    bj = plan.sources["prom-bj"]
    assert (bj.type, bj.labels, bj.expires) == ("prometheus", {"location": "bj"}, 90 * SECOND)
    assert bj.replica_labels == ("prometheus_replica", "__replica__")


def test_tokens_name_what_they_open(tmp_path: Path) -> None:
    """What a token may do, its one source, and its value as a secret."""
    plan = plan_of(
        tmp_path,
        "tokens: {grafana: {may: [read], token: {env: G_TOKEN}},"
        " prom-bj: {may: [ingest], source: prom-bj, token: {env: P_TOKEN}}}\n"
        "sources: {prom-bj: {type: prometheus}}",
        G_TOKEN="g-1",
        P_TOKEN="p-1",
    )
    grafana, prom = plan.tokens["grafana"], plan.tokens["prom-bj"]
    assert (grafana.may, grafana.source, grafana.token) == (frozenset({"read"}), None, Secret("g-1"))
    assert (prom.may, prom.source, prom.token.reveal()) == (frozenset({"ingest"}), "prom-bj", "p-1")


def test_labels_and_incidents_override_by_key(tmp_path: Path) -> None:
    """Words that are not written keep where they are found; likewise the settings of incidents."""
    plan = plan_of(tmp_path, "labels: {service: [svc], location: []}\nincidents: {settle: 1m}")
    assert plan.labels == {
        "service": ("svc",), "environment": ("environment", "env", "stage"), "location": (),
    }  # fmt: skip
    assert (plan.incidents.settle, plan.incidents.reopen_within) == (MINUTE, 4 * HOUR)


def test_rules_carry_every_field(tmp_path: Path) -> None:
    """Each key of a rule arrives; several matchers in one string all hold, ``match_any`` are alternatives."""
    (rule,) = plan_of(
        tmp_path,
        "services: {cms: }\nvendors: {acme: }\n"
        "rules: [{name: r, match: ['a=b,c=d', 'e!=f'], match_any: ['g=h', 'i=j,k=l'], class: cyber_attack, subtype: s,"
        " impact: partial, tier: low, max_tier: medium, outage: true, service: cms, vendor: acme,"
        " title: {zh: 题, en: T}, links: {runbook: 'https://w.example/{a}'},"
        " wait: 0s, rto: 90m, incident_by: [class, pod], continue: true}]",
    ).rules
    assert [str(matcher) for matcher in rule.match] == ['a="b"', 'c="d"', 'e!="f"']
    assert [[str(matcher) for matcher in each] for each in rule.match_any] == [['g="h"'], ['i="j"', 'k="l"']]
    assert (rule.class_, rule.subtype, rule.impact, rule.tier, rule.max_tier) == (
        "cyber_attack", "s", "partial", Tier.LOW, Tier.MEDIUM,
    )  # fmt: skip
    assert (rule.outage, rule.service, rule.vendor) == (True, "cms", "acme")
    assert rule.title == TextPattern(Pattern(("T",)), Pattern(("题",)))
    assert rule.links == {"runbook": Pattern(("https://w.example/", ""), ("a",))}
    assert (rule.wait, rule.rto, rule.incident_by, rule.continue_) == (0, 90 * MINUTE, ("class", "pod"), True)


def test_until_is_a_time_or_the_end_of_a_day_where_the_plan_is_at_home(tmp_path: Path) -> None:
    """A day still counts whole, by the plan's time zone; a time is a time."""
    first, second = plan_of(
        tmp_path,
        "timezone: Asia/Shanghai\nrules: [{name: a, drop: x, until: 2027-03-31},"
        " {name: b, drop: x, until: 2027-03-31T18:00:00+08:00}]",
    ).rules
    moments = [datetime.fromtimestamp((rule.until or 0) / SECOND, UTC).isoformat() for rule in (first, second)]
    assert moments == ["2027-03-31T16:00:00+00:00", "2027-03-31T10:00:00+00:00"]


def test_environments_keep_their_order_over_files(tmp_path: Path) -> None:
    """The first listed is the default, so order is that of the files."""
    plan = plan_of(
        tmp_path, {"a.yaml": "environments: {prod: , uat: {max_tier: low}}", "b.yaml": "environments: {dev: {drop: x}}"}
    )
    assert list(plan.environments) == ["prod", "uat", "dev"]
    assert (plan.environments["uat"].max_tier, plan.environments["dev"].drop) == (Tier.LOW, "x")


def test_tests_are_values_with_their_place(tmp_path: Path) -> None:
    """A test is kept with its place, durations in milliseconds and groups as a set."""
    text = "tests: [{name: x, alert: {labels: {a: 1}}, expect: {rto: 1m, groups: [legal]}}]"
    (test,) = plan_of(tmp_path, text).tests
    assert (test.name, test.place.rpartition(":")[2], dict(test.labels)) == ("x", "1", {"a": "1"})
    assert dict(test.expect) == {"rto": 60_000, "groups": frozenset({"legal"})}


def test_people_and_teams(tmp_path: Path) -> None:
    """Titles are the name where none is written; what is secret is a ``Secret``."""
    text = """
people:
  zhang.wei: {title: 张伟, groups: [technical, technical, command], mobile: {env: M}, token: {env: ZW_TOKEN}}
  li.na: {groups: [legal]}
teams:
  pay-sre: {group: technical, channels: [console], title: {zh: 支付}, language: zh, timezone: Asia/Tokyo}
  other: {group: data, channels: [console]}
services: {payments: {teams: [pay-sre, other]}}
"""
    plan = plan_of(tmp_path, text, M="+86", ZW_TOKEN="t-1")
    assert plan.people["zhang.wei"] == Person(
        name="zhang.wei",
        title=Text("张伟", "张伟"),
        groups=("technical", "command"),
        mobile=Secret("+86"),
        token=Secret("t-1"),
    )
    assert plan.people["li.na"] == Person(name="li.na", title=Text("li.na", "li.na"), groups=("legal",))
    assert plan.teams["pay-sre"] == Team(
        name="pay-sre",
        group="technical",
        title=Text("支付", "支付"),
        channels=("console",),
        language="zh",
        timezone=ZoneInfo("Asia/Tokyo"),
    )
    assert plan.teams["other"].title == Text("other", "other")
    assert plan.services["payments"].teams == ("pay-sre", "other")


def test_stages_of_escalation(tmp_path: Path) -> None:
    """A tier that is listed has these stages alone, another that has ``ack_within`` the one of the contract."""
    text = """
tiers: {medium: {ack_within: 1h}}
escalation:
  high:
    - {name: page-again, after: 5m,  unless: acknowledged, tell: [technical]}
    - {name: command,    after: 10m, unless: acknowledged, tell: [command], repeat_every: 15m}
    - {name: three-quarters, at: 75%, unless: contained, tell: [command, command]}
"""
    stages = plan_of(tmp_path, text).escalation
    assert stages[Tier.HIGH] == (
        Stage(name="page-again", after=5 * MINUTE, unless="acknowledged", tell=("technical",)),
        Stage(name="command", after=10 * MINUTE, unless="acknowledged", tell=("command",), repeat_every=15 * MINUTE),
        Stage(name="three-quarters", at=0.75, unless="contained", tell=("command",)),
    )
    assert stages[Tier.MEDIUM] == (
        Stage(name="unacknowledged", after=HOUR, unless="acknowledged", tell=("command",), repeat_every=15 * MINUTE),
    )
    assert stages[Tier.LOW] == ()
    assert plan_of(tmp_path, "tiers: {high: {ack_within: null}}").escalation[Tier.HIGH] == ()
    assert plan_of(tmp_path, "escalation: {medium: []}").escalation[Tier.MEDIUM] == ()


def test_the_further_keys_of_people_work_as_they_stand(tmp_path: Path) -> None:
    """Escalation, teams and people of the contract, verbatim: no warning but of what is not set."""
    further = """
escalation:                            # stages: a name each; after a time or at a share of the RTO
  high:
    - {name: page-again, after: 5m,  unless: acknowledged, tell: [technical]}
    - {name: command,    after: 10m, unless: acknowledged, tell: [command], repeat_every: 15m}
    - {name: three-quarters, at: 75%, unless: contained, tell: [command]}
teams:                                 # replace their group's channels for the services that name them
  pay-sre: {group: technical, channels: [pay-ding, pay-pager]}           # services.payments.teams: [pay-sre]
people:                                # who may act, and whom a channel mentions
  zhang.wei: {title: 张伟, groups: [technical], mobile: {file: /run/secrets/zw}, token: {env: ZW_TOKEN}}
"""
    channels = (
        "channels: {pay-ding: {type: console}, pay-pager: {type: console}}\nservices: {cards: {teams: [pay-sre]}}\n"
    )
    small = (SMALL / "plan.yaml").read_text(encoding="utf-8")
    problems, plan = check(write(tmp_path, {"a.yaml": small, "b.yaml": further, "c.yaml": channels}), {})
    unset = ("people.zhang.wei.mobile", "people.zhang.wei.token")
    assert {each.path for each in problems if not each.path.startswith("groups.")} == set(unset)
    assert plan is not None
    assert [stage.name for stage in plan.escalation[Tier.HIGH]] == ["page-again", "command", "three-quarters"]
    assert plan.services["cards"].teams == ("pay-sre",)


def test_heartbeats_and_the_watchdog(tmp_path: Path) -> None:
    """What must be heard, what its silence is, and whom we call."""
    plan = plan_of(
        tmp_path,
        'heartbeats: {bj: {match: [\'alertname="Watchdog", location="bj"\'], every: 5m, class: other, tier: high}}\n'
        "watchdog: {url: {env: DEADMAN_URL}}\n",
        DEADMAN_URL="https://switch.example/s3cr3t",
    )
    assert plan.heartbeats["bj"] == Heartbeat(
        name="bj",
        match=(Matcher("alertname", "=", "Watchdog"), Matcher("location", "=", "bj")),
        every=5 * MINUTE,
        class_="other",
        tier=Tier.HIGH,
    )
    assert plan.watchdog == Watchdog(url=Secret("https://switch.example/s3cr3t"), every=MINUTE)
    assert "s3cr3t" not in repr(plan)
