"""A service with a channel of every kind, each full of secrets, and a receiver that quotes back all it is sent: no
secret is in a log, in a metric, in an answer of the API, on the command line or in the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import redis
from tests.send.contract import CREDENTIALS, case_of
from tests.send.receiver import Receiver, receiving
from tests.send.test_contract import WITHOUT_HTTP
from tests.support.hooks import GROUPS
from tests.support.service import Service, Start, hooks, start, wait_for

from tocsin._core.expression import Expression
from tocsin._core.secret import Secret
from tocsin.send.registry import KINDS

__all__ = ["hooks", "start"]

HTTP_KINDS = sorted(KINDS.keys() - WITHOUT_HTTP)


def written(value: Any, environment: dict[str, str]) -> Any:
    """A setting as a plan has it; each secret is put into the environment."""
    if isinstance(value, Secret):
        name = f"SECRET_{len(environment)}"
        environment[name] = value.reveal()
        return {"env": name}
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, dict):
        return {key: written(each, environment) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(each, environment) for each in value]
    return value


def plan_of(address: str, environment: dict[str, str]) -> str:
    """A plan in which every group is told on a channel of every kind; a plan may be JSON."""
    channels = {}
    for kind in HTTP_KINDS:
        settings = case_of(kind).settings(address)
        settings["timeout"] = f"{settings['timeout']}ms"
        channels[kind] = {"type": kind, **written(settings, environment)}
    groups = {name: {"channels": list(channels)} for name in GROUPS}
    rule = {"name": "down", "match": ['service="payments"'], "class": "critical_function_outage", "tier": "high"}
    return json.dumps({"channels": channels, "groups": groups, "rules": [rule]})


def everything(service: Service, store_url: str) -> Iterator[tuple[str, str]]:
    """All that a service says, by where it says it."""
    incident = service.incident()["id"]
    for path in ("deliveries", "deliveries?state=dead", "channels", "incidents", f"incidents/{incident}"):
        answer = service.get(f"/api/v1/{path}")
        assert answer.status == 200, path
        yield path, answer.text
    yield "metrics", service.get("/metrics").text
    yield "log", json.dumps(service.logged())
    yield "output", service.said()
    yield "deliveries list", service.tocsin("deliveries", "list").stdout
    for delivery in service.deliveries("?state=dead")[:2]:
        yield "deliveries show", service.tocsin("deliveries", "show", delivery["id"]).stdout
    client = redis.Redis.from_url(store_url)
    for key in client.keys("*"):
        yield f"store {key!r}", repr(stored(client, key))
    client.close()


def stored(client: Any, key: Any) -> Any:
    """The value of a key."""
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda name: client.lrange(name, 0, -1),
        b"zset": lambda name: client.zrange(name, 0, -1),
        b"none": lambda _: None,  # one with a TTL, gone since it was listed
    }
    return readers[client.type(key)](key)


async def test_no_secret_of_a_channel_is_told(start: Start, store_url: str) -> None:
    """Some channels are refused for good and some for now; each has an error that quotes its receiver all the same."""
    async with receiving() as receiver:
        receiver.answer = refusing(receiver)
        environment: dict[str, str] = {}
        plan = plan_of(receiver.secret_address, environment)
        await asyncio.to_thread(tried, start, plan, environment, store_url)


def refusing(receiver: Receiver) -> Any:
    """Answers with 503 and with 404 in turn, quoting what came."""
    count = 0

    async def answer(request: Any) -> Any:
        nonlocal count
        count += 1
        return await receiver.say(503 if count % 2 else 404)(request)

    return answer


def tried(start: Start, plan: str, environment: dict[str, str], store_url: str) -> None:
    """Let all channels fail, and look at all that is said of it."""
    service = start(plan, "--log-level", "debug", environment=environment)
    service.alert({"labels": {"alertname": "PaymentGatewayDown", "service": "payments"}})
    wait_for(lambda: {each["channel"] for each in service.deliveries() if each["attempts"]} >= set(HTTP_KINDS), "tries")
    errors = [each["attempts"][0]["error"] for each in service.deliveries() if each["attempts"]]
    assert any("answered 503" in error for error in errors) and any("answered 404" in error for error in errors)
    said = list(everything(service, store_url))
    assert {"log", "metrics", "channels"} < {place for place, _ in said}
    assert [(place, secret) for place, text in said for secret in CREDENTIALS if secret in text] == []
