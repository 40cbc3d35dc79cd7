"""A service whose channels must lie outside: it refuses those within, and says so."""

from __future__ import annotations

from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, wait_for


def test_a_service_that_refuses_private_addresses(start: Start, hooks: Hooks) -> None:
    """What is owed to a channel within is a dead letter at once, which says why; nobody there is called."""
    service = start(SMALL_PLAN, "--refuse-private-channels")
    service.alert({"labels": {"alertname": "PaymentGatewayDown", "service": "payments"}})
    wait_for(lambda: len(service.deliveries("?state=dead")) >= len(GROUPS), "dead letters of all five groups")
    said = {delivery["attempts"][-1]["error"] for delivery in service.deliveries("?state=dead")}
    assert said == {
        f"http://127.0.0.1:{hooks.port}: 127.0.0.1 is no public address, "
        "and the service was started with --refuse-private-channels"
    }
    assert not any(hooks.tried(f"{group}-hook") or hooks.tried(group) for group in GROUPS)
