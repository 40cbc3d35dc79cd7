"""The store goes away under a running service, and comes back."""

from __future__ import annotations

import aiohttp
import pytest
from tests.crash.own_store import OwnStore
from tests.crash.sender import alert, insist, post
from tests.crash.service import Serve
from tests.crash.sinks import Sinks, opened
from tests.support.wait import wait_for


async def refuses(session: aiohttp.ClientSession, url: str) -> bool:
    """Whether it says of itself that it can take no alerts, though it is alive; the sender is told when to return."""
    async with session.post(f"{url}/api/v2/alerts", json=[alert("GatewayDown", "payments")]) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert response.content_type == "application/problem+json"
    async with session.get(f"{url}/-/healthy") as response:
        assert response.status == 200
    async with session.get(f"{url}/-/ready") as response:
        assert "out of reach" in await response.text()
        return response.status == 503


@pytest.mark.parametrize("outage", ["held up", "killed"])
async def test_the_store_goes_away_and_comes_back(
    outage: str,
    *,
    serve: Serve,
    sinks: Sinks,
    session: aiohttp.ClientSession,
    own_store: OwnStore,
) -> None:
    """Meanwhile intake answers 503 and says when to return; afterwards all goes on by itself, and what was posted
    in vain and posted again is told once."""
    service = await serve("--redis", own_store.url)

    async def url() -> str:
        return service.url

    await insist(session, url, alert("DiskSlow", "orders"))
    await wait_for(lambda: sinks.told() >= opened(medium=["orders"]), "the first is not told")
    if outage == "killed":
        own_store.kill()
    else:
        own_store.hold()
    assert await refuses(session, service.url)
    if outage == "killed":
        own_store.start()
    else:
        own_store.go_on()
    await insist(session, url, alert("GatewayDown", "payments"))
    expected = opened(high=["payments"], medium=["orders"])
    await wait_for(lambda: sinks.told() == expected, lambda: f"not told: {expected - sinks.told()}")
    sinks.check()
    async with session.get(f"{service.url}/-/ready") as response:
        assert response.status == 200


async def test_a_service_starts_before_its_store(
    serve: Serve,
    sinks: Sinks,
    session: aiohttp.ClientSession,
    own_store: OwnStore,
) -> None:
    """Started without its store it says that it is not ready, and works as soon as the store is there."""
    own_store.kill()
    service = await serve("--redis", own_store.url)
    assert await refuses(session, service.url)
    own_store.start()
    await wait_for(lambda: _taken(session, service.url), "it never takes alerts")
    expected = opened(high=["payments"])
    await wait_for(lambda: sinks.told() == expected, lambda: f"not told: {expected - sinks.told()}")


async def _taken(session: aiohttp.ClientSession, url: str) -> bool:
    return await post(session, url, alert("GatewayDown", "payments")) == 200
