"""What a vendor reads: its own part of an incident, and nothing that is the client's or others', whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from tests.send.samples import INCIDENT, SCOPE, START, alert, delivery, notice

from tocsin._core.events import VENDOR_HEARS, Event
from tocsin._core.incident import Change, Delivery, Notice
from tocsin._core.plan import TextTemplate
from tocsin._core.times import HOUR, format_time
from tocsin.send.body import render
from tocsin.send.texts import Texts
from tocsin.send.variables import KINDS

FOREIGN = (
    "pay-gw-7", "10.1.2.3", "kube-prod-3", "ledger", "结账业务", "merchants-gold", "客户甲", "orders-db", "zhang.wei",
    "li.na", "张伟伟", "severity-label", "cn-east-1", "staging", "wiki.example", "grafana.example", "runbook-7",
    "PaymentGatewayDown", "The gateway refuses", "it may not hold", "payment-gateway-down", "bolt", "INC-261205-OTHERS",
    "tocsin.example", "C-2026-999", "rollback-plan-9", "the-cause-9", "what-users-see", "sla_limit", "hw_sw_fault",
    "硬件", "oncall.person",
)  # fmt: skip
"""Facts of the incident that are not the vendor's."""

TITLE = {"en": "Gateway down for ledger, on pay-gw-7:9100", "zh": "网关中断，影响结账业务，pay-gw-7:9100"}

WHOLE: dict[str, Any] = {
    **INCIDENT,
    "services": ["payments", "ledger"],
    "environment": "staging",
    "rule": "payment-gateway-down",
    "acknowledged_by": "zhang.wei",
    "assigned_to": "张伟伟",
    "declared_by": "oncall.person",
    "follows": "INC-261205-OTHERS",
    "merged_into": "INC-261205-OTHERS",
    "secondary_classes": ["hw_sw_fault"],
    "business_lines": ["结账业务"],
    "customer_groups": ["merchants-gold", "客户甲"],
    "datasets": ["orders-db"],
    "told": ["command", "technical", "business", "legal", "data"],
    "plan_links": {"runbook": "https://wiki.example/runbook-7"},
    "sla_deadline": format_time(START + 3 * HOUR),
    "record": {"known_cause": "the-cause-9 on pay-gw-7:9100", "affected_business": ["结账业务"]},
    "assessment": {"direct_impact": "what-users-see", "datasets": ["orders-db"], "systems": ["ledger", "payments"]},
    "acknowledgements": [{"group": "technical", "by": "zhang.wei"}],
    "changes": [{"number": 1, "by": "li.na", "what": "restart pay-gw-7", "rollback_plan": "rollback-plan-9"}],
    "update": {"by": "li.na", "at": format_time(START), "goal": "g", "progress": "p", "risks": "it may not hold"},
    "eta": {"at": format_time(START + HOUR), "by": "li.na", "said_at": format_time(START)},
}

SAID = {
    "by": "zhang.wei", "to": "li.na", "reason": "zhang.wei says that ledger is worse", "note": "ask 张伟伟",
    "goal": "half of the traffic, not on pay-gw-7", "progress": "zhang.wei moved ledger and 结账业务 off 10.1.2.3",
    "risks": "it may not hold", "next_step": "renew it, with li.na", "known_cause": "the-cause-9",
    "into": "INC-261205-OTHERS", "direct_impact": "what-users-see", "customer_groups": ["客户甲"],
}  # fmt: skip

CHANGES = (
    Change("tier", "medium", "high"), Change("class", "hw_sw_fault", "critical_function_outage"),
    Change("assigned_to", "", "li.na"), Change("state", "open", "acknowledged"),
)  # fmt: skip

REASONS = {
    "tier_raised": ("worse_alert", "sla_limit", "person"),
    "cleared": ("resolved", "not_seen"),
    "closed": ("recovered", "unconfirmed"),
    "escalated": ("vendor_unacknowledged", "vendor_overdue"),
}


def to_vendor(**changes: Any) -> Delivery:
    """A delivery to the vendor."""
    return delivery("vendor", vendor="acme", lane="vendor", details="vendor", **changes)


def notices() -> Iterator[Notice]:
    """A notice of every event that there is, for each of its reasons, full of what is not the vendor's."""
    labels = {
        **alert().labels, "alertname": "PaymentGatewayDown", "instance": "pay-gw-7:9100", "node": "kube-prod-3",
        "severity": "severity-label",
    }  # fmt: skip
    for event in get_args(Event):
        for reason in REASONS.get(event, ("",)):
            state = {"closed": "closed", "restored": "restored"}.get(event, "open")
            yield notice(
                event,
                incident={**WHOLE, "state": state},
                alerts=(alert(7, labels=labels),),
                reason=reason,
                changes=CHANGES,
                asks={"technical": ("acknowledge",), "vendor": ("acknowledge",)},
                said=SAID,
                vendor="acme",
                scope={**SCOPE, "title": TITLE, "state": state},
            )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("made", tuple(notices()), ids=lambda made: f"{made.event}-{made.reason}")
def test_nothing_of_others_is_in_what_it_gets(made: Notice, language: str) -> None:
    """Whatever happens: neither in the body, nor in the subject, nor in the text."""
    message = render(
        made,
        to_vendor(language=language),
        external_url="https://tocsin.example",
        respond="https://tocsin.example/r/x",
    )
    everything = json.dumps(message.body, ensure_ascii=False) + message.subject + message.text
    assert [each for each in FOREIGN if each.lower() in everything.lower()] == []
    assert (message.body["asks"], message.body["alerts"], message.body["links"]) == ([], [], {})
    assert "payments" in message.body["incident"]["services"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_template_of_the_plan_says_more(language: str) -> None:
    """A template that shows every variable there is shows nothing that is not the vendor's, and can be filled in."""
    shown = [f"{name}: {{{{ {name} }}}}" for name, kind in KINDS.items() if kind.name != "list" or not kind.fields]
    shown += [
        f"{{% for each in {name} %}}{{{{ each.{field} }}}}{{% endfor %}}"
        for name, kind in KINDS.items()
        if kind.name == "list"
        for field in kind.fields
    ]
    shown += [f"{{{{ {name}.{field} }}}}" for name, kind in KINDS.items() if kind.name == "mapping"
              for field in kind.fields]  # fmt: skip
    texts = Texts.of([TextTemplate(place="plan.yaml:1", group="vendor", text="\n".join(shown))])
    failed: list[str] = []
    for made in notices():
        message = render(
            made, to_vendor(language=language), external_url="https://tocsin.example", texts=texts,
            failed=lambda _, why: failed.append(why),
        )  # fmt: skip
        assert failed == []
        assert "revision: 3" in message.text
        assert [each for each in FOREIGN if each.lower() in message.text.lower()] == []


def test_a_template_for_all_groups_is_not_the_vendors() -> None:
    """One that names no group may speak of what a vendor is told nothing of."""
    texts = Texts.of([TextTemplate(place="plan.yaml:1", text="RTO by {{ rto_deadline }}")])
    made = next(notices())
    assert "RTO" not in render(made, to_vendor(), external_url="", texts=texts).text


def test_what_it_reads_when_an_incident_opens() -> None:
    """What it is about, its contract with its times, and what it is asked for."""
    made = notice("opened", vendor="acme", scope=SCOPE)
    message = render(made, to_vendor(), external_url="https://tocsin.example")
    assert message.subject == "[HIGH][Critical function outage] Payment gateway down"
    assert message.text.split("\n") == [
        "[HIGH][Critical function outage] Payment gateway down | INC-261205-7K2M9P v3 | open",
        "This is yours to act upon; it began 2026-12-05 09:00 UTC+8.",
        "Please tell your contact here that you have it, and when it should be back.",
        "",
        "Services: payments",
        "Contract: C-2026-014",
        "Answer by: 2026-12-05 09:15 UTC+8, 13m left",
        "Restore by: 2026-12-05 13:00 UTC+8, 3h58m left",
    ]
    assert message.body["incident"] == {
        "id": "INC-261205-7K2M9P", "revision": 3, "class": "critical_function_outage", "tier": "high", "state": "open",
        "title": "Payment gateway down", "services": ["payments"], "vendor": "acme",
        "started_at": "2026-12-05T01:00:00.000Z", "contract": "C-2026-014",
        "acknowledge_by": "2026-12-05T01:15:00.000Z", "restore_by": "2026-12-05T05:00:00.000Z",
    }  # fmt: skip


def test_in_chinese() -> None:
    """The same in Chinese."""
    made = notice("opened", vendor="acme", scope=SCOPE)
    text = render(made, to_vendor(language="zh"), external_url="").text
    assert text.split("\n")[:3] == [
        "【高】【关键功能中断】支付网关中断 | INC-261205-7K2M9P v3 | 待确认",
        "请贵方处置,起始于 2026-12-05 09:00 UTC+8。",
        "请向我方联系人确认已接手,并告知预计恢复时间。",
    ]


def test_an_update_says_what_is_meant_for_all() -> None:
    """Goal, progress and the next step; not the risks, and no person's name."""
    made = notice(
        "updated", incident=WHOLE, said={**SAID, "progress": "half of it is back"}, vendor="acme", scope=SCOPE
    )
    text = render(made, to_vendor(), external_url="").text
    assert "Progress: half of it is back" in text
    assert "Next: renew it, with …" in text
    assert "Risks" not in text


def test_every_event_of_its_own_has_words() -> None:
    """None is told by its bare name."""
    for language in ("en", "zh"):
        for made in notices():
            if made.event in VENDOR_HEARS:
                text = render(made, to_vendor(language=language), external_url="").text
                assert text.split("\n")[1] != f"{made.event} {made.reason}".rstrip()


def test_the_groups_read_which_vendor_was_not_reached() -> None:
    """By its name, as people call it."""
    made = notice("untold", said={"groups": ["legal", "vendor"]})
    assert "Legal and compliance, Vendor (Acme Outsourcing)" in render(made, delivery(), external_url="").text
