"""There is a test beside the shipped rules for every one of them. That they hold, `tests/rehearse/` tries."""

from __future__ import annotations

from tests.library.judging import NOW, RULES

from tocsin._core.model import Alert, Dropped
from tocsin.classify import Classifier
from tocsin.plan import load


def test_every_rule_is_tested() -> None:
    """No rule is shipped without a test that it decides, or in which it has its say."""
    plan = load(RULES, environment={})
    rules = Classifier(plan)
    alerts = [Alert(source=t.source, labels=dict(t.labels), firing=True, received_at=NOW) for t in plan.tests]
    decided = [rules.classify(alert, NOW) for alert in alerts]
    seen = {name for found in decided for name in ([found.by] if isinstance(found, Dropped) else found.matched)}

    assert {rule.name for rule in plan.rules} <= seen
