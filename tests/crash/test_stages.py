"""Two services on one store keep the clocks of hundreds of incidents while one or the other is killed at random."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.sender import alert, all_items, get, insist
from tests.crash.service import Serve, Service
from tests.crash.sinks import Sinks
from tests.crash.stored import at_rest, counters, lapse
from tests.support.wait import wait_for

INCIDENTS = 150
"""More of them are a matter of patience only."""

AT_ONCE = 25
KILLS = 5
STAGES = ("one", "two", "half")
COUNTED = (*(f"escalations|high|{stage}" for stage in STAGES), "rto|critical_function_outage|high|missed")

CLOCKS = """
tiers: {high: {rto: 8s, wait: 0s, tell: lead, ack_within: null, update_every: null}}
escalation:
  high:
    - {name: one, after: 1s, unless: acknowledged, tell: [command]}
    - {name: two, after: 2500ms, unless: acknowledged, tell: [command]}
    - {name: half, at: 50%, unless: contained, tell: [technical]}
"""


@pytest.fixture
def rules(sinks: Sinks, tmp_path: Path) -> Path:
    """A plan with clocks of seconds."""
    directory = sinks.write_plan(tmp_path / "rules")
    (file,) = directory.iterdir()
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line for line in lines if not line.startswith("tiers:")), encoding="utf-8")
    (directory / "clocks.yaml").write_text(CLOCKS, encoding="utf-8")
    return directory


def begun(service: str) -> dict[str, Any]:
    """An alert of a service that says of no earlier start."""
    return {name: value for name, value in alert("GatewayDown", service).items() if name != "startsAt"}


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_stage_once(
    serve: Serve, store_url: str, redis: Redis, session: aiohttp.ClientSession, *, seed: int
) -> None:
    """Every incident is told of each stage and of its missed recovery time once, whoever is killed when."""
    random = Random(seed)
    services = [await serve("--redis", store_url) for _ in range(2)]
    gone: list[str] = []

    async def url() -> str:
        return random.choice(services).url

    async def post() -> None:
        for first in range(0, INCIDENTS, AT_ONCE):
            await insist(session, url, *(begun(f"s{number}") for number in range(first, first + AT_ONCE)))

    async def kept() -> dict[str, float]:
        for holder in gone:
            await lapse(redis, holder)
        return await counters(redis)

    async def kill(victim: Service) -> None:
        services.remove(victim)
        gone.append(victim.holder)
        await victim.end()
        services.append(await serve("--redis", store_url))

    posting = asyncio.create_task(post())
    for goal in sorted(random.sample(range(1, 4 * INCIDENTS), KILLS)):

        async def reached(goal: int = goal) -> bool:
            counted = await kept()
            return sum(counted.get(name, 0) for name in COUNTED) >= goal

        await wait_for(reached, f"the clocks do not get on to {goal}")
        await kill(random.choice(services))
    await posting

    async def all_told() -> bool:
        counted = await kept()
        return min(counted.get(name, 0) for name in COUNTED) >= INCIDENTS and await at_rest(redis)

    await wait_for(all_told, "not every clock has spoken")
    counted = await kept()
    assert {name: counted[name] for name in COUNTED} == dict.fromkeys(COUNTED, INCIDENTS)
    await check_timelines(session, await url(), random)


async def check_timelines(session: aiohttp.ClientSession, url: str, random: Random) -> None:
    """What the timelines of some of the incidents say of their clocks."""
    items = await all_items(session, url, "/api/v1/incidents")
    assert len(items) == INCIDENTS
    for item in random.sample(items, 50):
        whole = await get(session, url, f"/api/v1/incidents/{item['id']}")
        escalated = [entry["detail"]["stages"] for entry in whole["timeline"] if entry["action"] == "escalated"]
        assert Counter(stage for stages in escalated for stage in stages) == dict.fromkeys(STAGES, 1)
        assert [entry["action"] for entry in whole["timeline"]].count("rto_missed") == 1
