"""Texts of your own: a plan's template takes the place of the shipped one, and a reload brings another."""

from __future__ import annotations

from tests.support.alerts import firing
from tests.support.hooks import Hooks
from tests.support.service import SMALL_PLAN, Start

OWN = """
templates:
  - event: opened
    group: legal
    subject: "{{ titled }}: read the contract"
    text: |
      {{ head }}
      Contract {{ contract or 'unknown' }} of {{ vendor or 'nobody' }}.
      {% for alert in alerts %}
      {{ alert.name }}
      {% endfor %}
"""

SHORT_TITLE = SMALL_PLAN.replace("impact: wide ", "title: Down\n    impact: wide ", 1)
FAILS = "templates: [{event: opened, subject: '{{ title }} {{ title[5] }}'}]"
"""Only for a title that is long enough."""


def test_a_group_is_told_in_words_of_your_own(start: Start, hooks: Hooks) -> None:
    """That group's notices of that event; all others read as before, and nobody sees more than they may."""
    service = start(SMALL_PLAN + OWN)
    service.alert(firing("PaymentGatewayDown", service="payments", instance="{{ 7*7 }}"))

    opened = hooks.wait("opened", "legal", "technical")

    legal = opened["legal"]
    assert legal["subject"].endswith(": read the contract")
    head, contract = legal["text"].split("\n")
    assert head.startswith("[HIGH]")
    assert contract == "Contract C-2026-014 of Acme Outsourcing."
    assert "Opened: 1 of 1 alerts firing" in opened["technical"]["text"]
    assert "Instances: {{ 7*7 }}" in opened["technical"]["text"]


def test_one_that_fails_is_told_in_the_shipped_words(start: Start, hooks: Hooks) -> None:
    """A notice for which a template cannot be filled in goes out all the same, and it is counted."""
    service = start(SHORT_TITLE + FAILS)
    service.alert(firing("PaymentGatewayDown", service="payments"))

    opened = hooks.wait("opened", "technical", "command", "business")

    assert opened["technical"]["subject"] == "[HIGH][Critical function outage] Down"
    assert service.metric("template_failures_total", event="opened", language="en") == 4
    assert service.metric("template_failures_total", event="opened", language="zh") == 1
