"""A monitoring system that posts, and posts again what was not answered 200."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from tests.support.wait import wait_for

from tocsin._core.clock import StoreClock
from tocsin._core.times import HOUR, SECOND, format_time

CLOCK = StoreClock()


def alert(name: str, service: str, *, resolved: bool = False, **labels: str) -> dict[str, Any]:
    """An alert as Prometheus posts it."""
    now = CLOCK.now()
    return {
        "labels": {"alertname": name, "service": service, **labels},
        "startsAt": format_time(now - 30 * SECOND),
        "endsAt": format_time(now - SECOND if resolved else now + HOUR),
    }


async def post(session: aiohttp.ClientSession, url: str, *alerts: dict[str, Any]) -> int:
    """Post once; the status, or 0 if there was no answer."""
    try:
        async with session.post(f"{url}/api/v2/alerts", json=alerts) as response:
            await response.read()
            return response.status
    except (aiohttp.ClientError, OSError):
        return 0


async def insist(session: aiohttp.ClientSession, url: Callable[[], Awaitable[str]], *alerts: dict[str, Any]) -> None:
    """Post until it is answered 200, and never again; ``url`` says each time where to."""

    async def answered() -> bool:
        return await post(session, await url(), *alerts) == 200

    await wait_for(answered, "a post was never answered 200")


async def acknowledge(session: aiohttp.ClientSession, url: Callable[[], Awaitable[str]], service: str) -> None:
    """A person acknowledges the incident of a service for the lead group, again and again until it is answered."""
    word = {"action": "acknowledge", "by": "zhang.wei", "group": "technical"}

    async def answered() -> bool:
        try:
            (incident,) = (await get(session, await url(), f"/api/v1/incidents?service={service}"))["items"]
            path = f"{await url()}/api/v1/incidents/{incident['id']}/actions"
            async with session.post(path, json=word) as response:
                await response.read()
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    await wait_for(answered, "an acknowledgement was never answered 200")


async def get(session: aiohttp.ClientSession, url: str, path: str) -> Any:
    """What the API answers."""
    async with session.get(f"{url}{path}") as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def all_items(session: aiohttp.ClientSession, url: str, path: str) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    cursor = ""
    while True:
        page = await get(session, url, f"{path}?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            return items
