"""Rule files, as an SRE uses them: write a plan, be told what is wrong with it, and see what it makes of alerts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin._core.errors import PlanError
from tocsin._core.model import Alert, Classification, Dropped, Tier
from tocsin._core.times import HOUR, parse_time
from tocsin.classify import Classifier
from tocsin.plan import load

ROOT = Path(__file__).parents[2]
NOON = parse_time("2026-12-05T12:00:00Z")


def firing(**labels: str) -> Alert:
    """What Prometheus says of a firing alert."""
    return Alert(source="prometheus", labels=labels, firing=True, received_at=NOON)


def classified(classifier: Classifier, **labels: str) -> Classification:
    """What the plan makes of an alert that it does not drop."""
    found = classifier.classify(firing(**labels), NOON)
    assert isinstance(found, Classification)
    return found


def test_a_plan_of_a_few_lines_classifies_alerts(tmp_path: Path) -> None:
    """A service, a rule and nothing else: an outage of a core service is high, and must be over in its own time."""
    (tmp_path / "plan.yaml").write_text(
        "services:\n"
        "  payments: {importance: core, rto: 2h}\n"
        "rules:\n"
        "  - name: gateway-down\n"
        "    match: ['alertname=~\"PaymentGateway.*\"']\n"
        "    class: critical_function_outage\n"
        "    impact: wide\n",
        encoding="utf-8",
    )
    found = classified(Classifier(load(tmp_path, environment={})), alertname="PaymentGatewayDown", service="payments")
    assert (found.rule, found.class_, found.tier) == ("gateway-down", "critical_function_outage", Tier.HIGH)
    assert found.rto == 2 * HOUR
    assert found.title.zh == "关键功能中断：payments"
    assert found.key_text == "subject=payments environment=prod location="


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A plan with mistakes is not taken; each is shown with its line, a caret, and what was likely meant."""
    (tmp_path / "plan.yaml").write_text(
        "services:\n"
        "  payments: {importance: cor}\n"
        "rules:\n"
        "  - name: gateway-down\n"
        "    match: ['alertname=~\"Payment(Gateway\"']\n"
        "    class: critical_funktion_outage\n",
        encoding="utf-8",
    )
    with pytest.raises(PlanError) as caught:
        load(tmp_path, environment={})
    assert str(caught.value).replace(f"{tmp_path}/", "rules/") == (
        "rules/plan.yaml:2:26: `cor` is not one of core, important, supporting; did you mean `core`?\n"
        "      payments: {importance: cor}\n"
        "                             ^^^\n"
        "rules/plan.yaml:5:25: 'Payment(Gateway' is no regular expression that RE2 takes: missing ): Payment(Gateway\n"
        "        match: ['alertname=~\"Payment(Gateway\"']\n"
        "                            ^^^^^^^^^^^^^^^^^\n"
        "rules/plan.yaml:6:12: there is no class `critical_funktion_outage`; did you mean `critical_function_outage`?\n"
        "        class: critical_funktion_outage\n"
        "               ^^^^^^^^^^^^^^^^^^^^^^^^"
    )


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    """The plan that Tocsin starts with, which needs no environment variable and no account anywhere."""
    return Classifier(load(ROOT / "rules", environment={}))


def test_the_shipped_plan_knows_the_demos_alerts(shipped: Classifier) -> None:
    """A payment outage is high; a disk that fills up below a supporting service is low; warnings never are high."""
    gateway = classified(shipped, alertname="PaymentGatewayDown", service="payments", severity="critical")
    disk = classified(shipped, alertname="NodeFilesystemAlmostOutOfSpace", service="cms", severity="warning")
    warning = classified(shipped, alertname="PaymentGatewaySlow", service="payments", severity="Warning")
    assert (gateway.tier, gateway.rto, gateway.vendor) == (Tier.HIGH, 2 * HOUR, "acme")
    assert (disk.tier, disk.class_) == (Tier.LOW, "hw_sw_fault")
    assert warning.tier == Tier.MEDIUM


@pytest.mark.parametrize("name", ["Watchdog", "InfoInhibitor", "PrometheusAlertmanagerE2eDeadManSwitch"])
def test_the_shipped_plan_drops_what_fires_always(shipped: Classifier, name: str) -> None:
    """Heartbeats are no incidents, whatever their severity; the drop says so."""
    found = shipped.classify(firing(alertname=name, severity="critical"), NOON)
    assert isinstance(found, Dropped)
    assert found.why.startswith("always firing;")


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("BlackboxProbeFailed", "critical_function_outage"),
        ("KubeAPIDown", "critical_function_outage"),
        ("KubeAPIErrorBudgetBurn", "critical_function_outage"),
        ("PostgresqlDown", "critical_function_outage"),
        ("TargetDown", "critical_function_outage"),
        ("Exfiltration:S3/AnomalousBehavior", "data_breach_loss"),
        ("Remove Bulk Data from Disk", "data_breach_loss"),
        ("VeleroBackupPartialFailures", "data_breach_loss"),
        ("OnCallScheduleGap", "key_person_unavailable"),
        ("VendorMilestoneOverdue", "vendor_delivery_delay"),
        ("JenkinsBuildTestsFailing", "quality_failure"),
        ("BlackboxProbeSlowHttp", "quality_failure"),
        ("NodeRAIDDegraded", "hw_sw_fault"),
        ("SMARTCriticalWarning", "hw_sw_fault"),
        ("KubeNodeNotReady", "hw_sw_fault"),
        ("HostOomKillDetected", "hw_sw_fault"),
        ("KubePodCrashLooping", "hw_sw_fault"),
        ("AlertmanagerFailedReload", "hw_sw_fault"),
        ("Terminal shell in container", "cyber_attack"),
        ("CryptoCurrency:EC2/BitcoinTool.B!DNS", "cyber_attack"),
        ("KeycloakHighLoginFailureRate", "cyber_attack"),
        ("ApcUpsAcInputOutage", "natural_disaster"),
        ("BlackboxSslCertificateWillExpireSoon", "compliance_privacy_risk"),
        ("NodeClockSkewDetected", "compliance_privacy_risk"),
        ("KubeClientCertificateExpiration", "compliance_privacy_risk"),
        ("CloudflareHttp5xxErrorRate", "third_party_outage"),
        ("SomethingNobodyWroteARuleFor", "other"),
    ],
)
def test_the_shipped_plan_sorts_the_commonest_alerts(shipped: Classifier, name: str, class_: str) -> None:
    """Names from public rule libraries, one or more for each class of the plan."""
    assert classified(shipped, alertname=name).class_ == class_
