"""The same alert from everywhere at once."""

from __future__ import annotations

import asyncio

import aiohttp
from redis.asyncio import Redis
from tests.crash.sender import alert, get
from tests.crash.service import Serve
from tests.crash.sinks import Sinks, opened
from tests.crash.stored import at_rest
from tests.support.wait import wait_for

POSTS = 50


async def test_fifty_identical_posts_at_once(
    serve: Serve, sinks: Sinks, session: aiohttp.ClientSession, redis: Redis, store_url: str
) -> None:
    """Posted to two services on one store, they open one incident and tell each group once; one post was the new
    one, and the others were told so."""
    services = [await serve("--redis", store_url) for _ in range(2)]
    body = [alert("GatewayDown", "payments")]

    async def send(url: str) -> tuple[int, int]:
        async with session.post(f"{url}/api/v2/alerts", json=body) as response:
            assert response.status == 200
            answer = await response.json()
            return answer["new"], answer["repeated"]

    answers = await asyncio.gather(*(send(services[number % 2].url) for number in range(POSTS)))
    assert sorted(answers) == [(0, 1)] * (POSTS - 1) + [(1, 0)]
    expected = opened(high=["payments"])
    await wait_for(lambda: sinks.told() == expected, lambda: f"not told: {expected - sinks.told()}")
    await wait_for(lambda: at_rest(redis), "the store never came to rest")
    assert set(sinks.copies().values()) == {1}
    assert len(sinks.got) == len(expected)
    (item,) = (await get(session, services[0].url, "/api/v1/incidents"))["items"]
    assert item["alerts"] == {"firing": 1, "total": 1}
