"""The order of deciding, field by field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests._plan.written import SHIPPED, plan_of

from tocsin._core.model import Alert, Classification, Dropped, DropReason, Text, Tier
from tocsin._core.times import HOUR, MINUTE, SECOND, parse_time
from tocsin.classify import Classifier
from tocsin.plan import load

NOW = parse_time("2026-12-05T12:00:00Z")
CATALOGUE = """
timezone: UTC
services:
  payments: {importance: core, rto: 2h, vendor: acme, location: cn-east-1, match: ['namespace="pay"']}
  orders: {importance: important, rto: 8h, match: ['namespace=~"orders|pay"']}
  cms: {importance: supporting}
vendors: {acme: {rto: 90m}, sky: {rto: 1h}}
"""

Decide = Callable[..., Any]


def alert(labels: dict[str, str], source: str = "prometheus") -> Alert:
    """A firing alert with these labels."""
    return Alert(source=source, labels=labels, firing=True, received_at=NOW)


@pytest.fixture
def decide(tmp_path: Path) -> Decide:
    """``decide(rules, label="value", …)``: what the catalogue and these lines of YAML say of an alert."""

    def decided(text: str, labels: dict[str, str] | None = None, *, now: int = NOW, **more: str) -> Any:
        source = more.pop("source_name", "prometheus")
        classifier = Classifier(plan_of(tmp_path, {"a.yaml": CATALOGUE, "b.yaml": text}))
        return classifier.classify(alert({**(labels or {}), **more}, source), now)

    return decided


def test_what_no_rule_matches_is_other(decide: Decide) -> None:
    """Never dropped in silence: class other, no rule, graded as if it mattered."""
    found = decide("", alertname="Foo")
    assert (found.class_, found.rule, found.importance, found.tier) == ("other", "", "", Tier.MEDIUM)
    assert (found.rto, found.wait, found.operational, found.outage) == (24 * HOUR, 30 * SECOND, True, False)
    assert found.title == Text("Other: Foo", "其他：Foo")


def test_the_first_match_decides(decide: Decide) -> None:
    """Later rules that match too are not asked."""
    rules = "rules: [{name: a, match: ['x=1'], class: cyber_attack}, {name: b, class: hw_sw_fault}]"
    assert decide(rules, x="1").rule == "a"
    assert (decide(rules, x="2").rule, decide(rules, x="2").class_) == ("b", "hw_sw_fault")


def test_match_and_match_any_must_both_hold(decide: Decide) -> None:
    """All of ``match``, and any one string of ``match_any`` with all its matchers."""
    rules = "rules: [{name: r, match: ['a=1'], match_any: ['b=1,c=1', 'd=1'], class: hw_sw_fault}]"
    matching = [{"a": "1", "b": "1", "c": "1"}, {"a": "1", "d": "1"}]
    others = [{"a": "1"}, {"a": "1", "b": "1"}, {"d": "1"}]
    assert [decide(rules, labels).rule for labels in matching + others] == ["r", "r", "", "", ""]


def test_rules_that_go_on_add_fields_the_first_wins_and_the_lowest_cap(decide: Decide) -> None:
    """``continue: true`` sets its fields; of several that set one the first stands, of ``max_tier`` the lowest."""
    found = decide(
        "rules:\n"
        "- {name: a, max_tier: medium, subtype: first, continue: true}\n"
        "- {name: b, max_tier: low, subtype: second, wait: 7s, continue: true}\n"
        "- {name: c, class: cyber_attack, impact: wide, max_tier: high, wait: 9s}\n"
    )
    assert (found.rule, found.class_, found.subtype, found.tier) == ("c", "cyber_attack", "first", Tier.LOW)
    assert (found.wait, found.impact) == (7 * SECOND, "wide")
    assert "rule b caps high at low" in found.reasons


def test_a_class_that_only_a_rule_that_goes_on_says_stands(decide: Decide) -> None:
    """Then that rule is the one that decided."""
    found = decide("rules: [{name: a, class: cyber_attack, continue: true}, {name: b, wait: 1s, continue: true}]")
    assert (found.class_, found.rule, found.wait) == ("cyber_attack", "a", SECOND)


def test_dropping_says_by_which_rule_and_why(decide: Decide) -> None:
    """A drop stops the deciding, also after rules that went on."""
    rules = "rules: [{name: a, class: other, continue: true}, {name: known, match: ['x=1'], drop: TICKET-381}]"
    assert decide(rules, x="1") == Dropped(DropReason.RULE, "known", "TICKET-381")
    assert isinstance(decide(rules, x="2"), Classification)


def test_a_drop_ends_with_its_until(tmp_path: Path) -> None:
    """Until then it drops, from that instant on it is passed over; asking about the past still answers by the past."""
    text = "rules: [{name: known, drop: x, until: 2026-12-05}, {name: rest, class: cyber_attack}]"
    classifier = Classifier(plan_of(tmp_path, text))
    end = parse_time("2026-12-06T00:00:00Z")
    outcomes = [classifier.classify(alert({"a": "b"}), now) for now in (end - 1, end, end - 1, end + 1)]
    assert [isinstance(outcome, Dropped) for outcome in outcomes] == [True, False, True, False]
    assert isinstance(outcomes[1], Classification)
    assert outcomes[1].rule == "rest"
    assert any("known" in reason and "2026-12-06T00:00:00.000Z" in reason for reason in outcomes[1].reasons)


@pytest.mark.parametrize(
    ("service", "impact", "tier"),
    [
        ("payments", "wide", Tier.HIGH),
        ("payments", "partial", Tier.HIGH),
        ("payments", "narrow", Tier.MEDIUM),
        ("orders", "wide", Tier.HIGH),
        ("orders", "partial", Tier.MEDIUM),
        ("orders", "narrow", Tier.LOW),
        ("cms", "wide", Tier.MEDIUM),
        ("cms", "partial", Tier.LOW),
        ("cms", "narrow", Tier.LOW),
        ("unheard-of", "partial", Tier.HIGH),
    ],
)
def test_the_matrix(decide: Decide, service: str, impact: str, tier: Tier) -> None:
    """Importance by impact; what is unknown is graded as core."""
    assert decide(f"rules: [{{name: r, class: hw_sw_fault, impact: {impact}}}]", service=service).tier == tier


@pytest.mark.parametrize(
    ("fields", "tier", "rto"),
    [
        ("tier: low", Tier.LOW, 72 * HOUR),
        ("tier: low, rto: 4h", Tier.HIGH, 4 * HOUR),
        ("tier: low, rto: 241m", Tier.MEDIUM, 241 * MINUTE),
        ("tier: low, rto: 24h", Tier.MEDIUM, 24 * HOUR),
        ("tier: low, rto: 1441m", Tier.LOW, 1441 * MINUTE),
        ("tier: high, rto: 48h", Tier.HIGH, 4 * HOUR),
        ("tier: low, rto: 1h, max_tier: medium", Tier.MEDIUM, HOUR),
        ("impact: wide, max_tier: low", Tier.LOW, 72 * HOUR),
    ],
)
def test_the_tier_is_raised_by_the_rules_rto_and_then_capped(decide: Decide, fields: str, tier: Tier, rto: int) -> None:
    """The higher of tier and what the recovery time demands (exactly 4 h is high, 24 h medium), never above a cap."""
    found = decide(f"rules: [{{name: r, class: hw_sw_fault, {fields}}}]", service="payments")
    assert (found.tier, found.rto) == (tier, rto)


def test_a_services_and_vendors_times_bind_only_in_an_outage(decide: Decide) -> None:
    """The smallest of tier, service and vendor while the service is down; a mere fault has the tier's time."""
    rules = "rules: [{name: a, match: ['x=1'], class: critical_function_outage}, {name: b, class: hw_sw_fault%s}]"
    outage, fault = decide(rules % "", service="payments", x="1"), decide(rules % "", service="payments")
    assert (outage.outage, outage.rto, outage.vendor) == (True, 90 * MINUTE, "acme")
    assert (fault.outage, fault.rto) == (False, 24 * HOUR)
    assert decide(rules % ", outage: true", service="payments").rto == 90 * MINUTE
    assert decide(rules % ", outage: true, vendor: sky", service="payments").rto == HOUR


def test_an_environment_caps_or_drops(decide: Decide) -> None:
    """The first environment that matches, else the first listed; its cap counts beside the rules'."""
    text = (
        "environments: {prod: {}, staging: {match_any: ['environment=~\"stag.*|uat\"', 'namespace=~\".*-uat\"'],"
        " max_tier: low}, dev: {match_any: ['environment=dev'], drop: not watched}}\n"
        "rules: [{name: r, class: hw_sw_fault, impact: wide, max_tier: medium}]"
    )
    assert decide(text, env="staging-2").environment == "staging"
    assert decide(text, namespace="x-uat").tier == Tier.LOW
    assert (decide(text, env="whatever").environment, decide(text).tier) == ("prod", Tier.MEDIUM)
    assert decide(text, stage="dev") == Dropped(DropReason.ENVIRONMENT, "dev", "not watched")


def test_an_environment_without_matchers_is_known_by_its_name(decide: Decide) -> None:
    """Wherever it is listed; an environment with matchers only by them."""
    text = "environments: {uat: {match: ['cluster=u']}, prod: {}}"
    assert [decide(text, env=name).environment for name in ("prod", "uat", "x")] == ["prod", "uat", "uat"]
    assert decide(text, env="prod", cluster="u").environment == "uat"


def test_without_environments_the_labels_value_counts(decide: Decide) -> None:
    """Else prod."""
    assert (decide("", environment="lab").environment, decide("").environment) == ("lab", "prod")


def test_the_service_by_label_then_matchers_then_unknown(decide: Decide) -> None:
    """A value that the catalogue names in any of the labels, the first that matches, the first value found."""
    assert decide("", service="kube-dns", app="orders").service == "orders"
    assert decide("", service="kube-dns", namespace="pay").service == "payments"
    assert decide("", namespace="orders").service == "orders"
    unknown = decide("", service="kube-dns", app="coredns")
    assert (unknown.service, unknown.importance) == ("kube-dns", "")


def test_the_catalogue_fills_what_the_alert_lacks(decide: Decide) -> None:
    """Location and vendor come with the service; the alert's own location stands, and its vendor if known."""
    found = decide("", service="payments")
    assert (found.location, found.vendor, found.importance) == ("cn-east-1", "acme", "core")
    assert decide("", service="payments", region="eu-1").location == "eu-1"
    assert [decide("", vendor=name).vendor for name in ("sky", "nobody")] == ["sky", ""]


def test_rules_see_the_plans_words_and_reach_raw_labels(decide: Decide) -> None:
    """``service environment location importance vendor source`` as decided; ``labels.x`` as the alert said."""
    conditions = [
        "service=payments", "labels.service=kube-dns", "environment=prod", "labels.environment=\"\"",
        "importance=core", "location=cn-east-1", "vendor=acme", "labels.vendor=other", "source=prometheus",
        "labels.source=mine", "namespace=pay", "labels.namespace=pay", "absent=\"\"",
    ]  # fmt: skip
    rules = f"rules: [{{name: r, match: {conditions}, class: hw_sw_fault}}]".replace('\\"', '"')
    found = decide(rules, service="kube-dns", namespace="pay", vendor="other", source="mine")
    assert (found.rule, found.service) == ("r", "payments")


def test_a_sources_labels_fill_what_the_alert_lacks(decide: Decide) -> None:
    """They count as the alert's own, and never replace one."""
    text = "sources: {prom-bj: {type: prometheus, labels: {location: bj, drill: 'true'}}}"
    found = decide(text, source_name="prom-bj")
    assert (found.location, found.drill) == ("bj", True)
    assert decide(text, source_name="prom-bj", location="sh", drill="no").location == "sh"
    assert not decide(text, source_name="prom-bj", drill="no").drill


def test_a_rule_may_name_the_service(decide: Decide) -> None:
    """Then its importance, location and vendor are that service's, unless the rule names the vendor too."""
    found = decide("rules: [{name: r, class: hw_sw_fault, service: payments, impact: wide}]", service="x")
    assert (found.service, found.importance, found.tier) == ("payments", "core", Tier.HIGH)
    assert (found.location, found.vendor, dict(found.key)["subject"]) == ("cn-east-1", "acme", "payments")
    assert decide("rules: [{name: r, service: payments, vendor: sky}]").vendor == "sky"


def test_the_incident_key(decide: Decide) -> None:
    """Operational classes join by subject, environment and location; others by class as well; a rule may say else."""
    rules = (
        "rules: [{name: a, match: ['x=1'], class: cyber_attack}, {name: b, match: ['x=2'], incident_by: [class, pod]}]"
    )
    assert decide(rules, service="payments").key_text == "subject=payments environment=prod location=cn-east-1"
    assert decide(rules, service="cms", x="1").key_text == "class=cyber_attack subject=cms environment=prod location="
    assert decide(rules, x="2", pod="p-1").key == (("class", "other"), ("pod", "p-1"))


def test_the_subject_is_service_namespace_instance_or_name(decide: Decide) -> None:
    """Whichever is there first."""
    labels = {"alertname": "A", "instance": "i", "namespace": "n", "service": "s"}
    subjects = []
    for name in reversed(list(labels)):
        subjects.append(dict(decide("", labels).key)["subject"])
        del labels[name]
    assert [*subjects, dict(decide("", {}).key)["subject"]] == ["s", "n", "i", "A", ""]


def test_a_drill_never_shares_a_key_with_reality(decide: Decide) -> None:
    """The same labels but for ``drill="true"`` make another key, whatever the key is made of."""
    for text in ("", "rules: [{name: r, incident_by: [class]}]"):
        real, drill = decide(text, service="payments"), decide(text, service="payments", drill="true")
        assert (real.drill, drill.drill) == (False, True)
        assert real.key != drill.key


def test_titles_never_name_a_host(decide: Decide) -> None:
    """The rule's title, else the class's with the service, namespace or alert's name."""
    rule = "rules: [{name: r, match: ['x=1'], title: {en: Site probe failed, zh: 探测失败}}]"
    assert decide(rule, x="1").title == Text("Site probe failed", "探测失败")
    outage = "rules: [{name: r, class: critical_function_outage}]"
    assert decide(outage, service="payments").title == Text(
        "Critical function outage: payments", "关键功能中断：payments"
    )
    assert decide(outage, instance="10.0.0.7:9100", namespace="n").title.en == "Critical function outage: n"
    assert decide(outage, instance="10.0.0.7:9100").title.en == "Critical function outage"


def test_titles_are_one_short_line(decide: Decide) -> None:
    """Whatever stands in a label: no line breaks, no control characters, no endless text."""
    assert decide("", service="a\nb\x1b[31m\u202e c").title.en == "Other: a b [31m c"
    assert len(decide("", service="x" * 60_000).title.en) < 100


def test_reasons_tell_the_whole_way(decide: Decide) -> None:
    """Environment, service, rule with its place, matrix, demand, cap and recovery time, in words."""
    found = decide(
        "rules:\n- {name: cap, max_tier: medium, continue: true}\n"
        "- {name: gateway, class: critical_function_outage, impact: narrow, rto: 3h}\n",
        service="payments",
    )
    rule = next(reason for reason in found.reasons if "gateway" in reason)
    assert rule.startswith("rule gateway (") and rule.endswith("b.yaml:3) matches and decides")
    assert [reason for reason in found.reasons if ".yaml" not in reason] == [
        "environment prod",
        "service payments is named by a label",
        "matrix: core with narrow impact is medium",
        "the rule's rto 3h demands high",
        "rule cap caps high at medium",
        "to be recovered within 1h30m, by the contract of vendor acme "
        "(the medium tier 1d; the rule 3h; service payments 2h)",
    ]


def test_the_plan_is_named(tmp_path: Path) -> None:
    """A classification carries the hash of the plan that decided."""
    plan = plan_of(tmp_path, CATALOGUE)
    found = Classifier(plan).classify(alert({"a": "b"}), NOW)
    assert isinstance(found, Classification)
    assert found.plan == plan.hash


SHIPPED_PLAN = load(SHIPPED, environment={})
SHIPPED_CLASSIFIER = Classifier(SHIPPED_PLAN)
NAMES = ["alertname", "severity", "service", "namespace", "environment", "instance", "drill", "标签"]


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(NAMES) | st.text(min_size=1, max_size=5),
            st.sampled_from(["payments", "Watchdog", "KubeNodeNotReady", "warning", "dev", "true"])
            | st.text(max_size=9),
            max_size=8,
        ),
        max_size=8,
    )
)
def test_nothing_vanishes_and_memory_changes_nothing(alerts: list[dict[str, str]]) -> None:
    """Any labels give a classification or a drop with its reason, the same whether remembered or decided anew."""
    for labels in alerts:
        remembered = SHIPPED_CLASSIFIER.classify(alert(labels), NOW)
        assert remembered == SHIPPED_CLASSIFIER.classify(alert(labels), NOW)
        assert remembered == Classifier(SHIPPED_PLAN).classify(alert(labels), NOW)
        assert not isinstance(remembered, Dropped) or (remembered.by and remembered.why)


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    """Endless new label sets do not pile up, and alerts with very large labels are not kept at all."""
    classifier = Classifier(plan_of(tmp_path, ""))
    for number in range(9_000):
        classifier.classify(alert({"alertname": str(number)}), NOW)
    assert len(classifier._memo) == 8_192
    before = set(classifier._memo)
    classifier.classify(alert({"alertname": "x" * 5_000}), NOW)
    assert set(classifier._memo) == before
