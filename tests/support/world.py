"""The second half of an alert's way on a real store, with a clock that is moved: what incidents are tested in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
from tests.support.clock import ManualClock
from tests.support.plans import plan as make_plan

from tocsin._core.action import Acknowledge, Act, Action
from tocsin._core.incident import Delivery, Fallback, Incident, Notice
from tocsin._core.message import Message
from tocsin._core.model import Alert, Classification, Dropped, Text, Tier
from tocsin._core.plan import Plan
from tocsin._core.room import Room
from tocsin._core.times import SECOND, Millis
from tocsin._core.view import Claim
from tocsin._core.why import Why
from tocsin._store import deliveries, incidents
from tocsin._store.client import Store
from tocsin._store.listing import list_incidents, show_incident
from tocsin.dedup.take import Taken, take
from tocsin.incident.act import Acts
from tocsin.incident.loop import IncidentLoop
from tocsin.route.decide import route, route_fallback
from tocsin.send.body import render as put_into_words
from tocsin.send.kind import Bounds
from tocsin.send.loop import ChannelLoop

STEP: Millis = 20 * SECOND
"""The longest time that passes without a look: less than what counts as a gap in taking alerts."""

ALL = deliveries.Allowance(messages=1_000)
"""As much of a channel as there is."""


class Sink:
    """A channel that keeps what it is given, in order; ``fail`` makes it raise instead."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.tried = 0
        self.fail: Exception | None = None

    async def send(self, message: Message) -> str:
        """Keep the message; ``thread`` is the one it names, or that it starts."""
        self.tried += 1
        if self.fail is not None:
            raise self.fail
        self.got.append(message)
        return message.thread or f"thread-of-{message.id}"

    async def check(self) -> bool:
        """It cannot be asked."""
        return False

    async def close(self) -> None:
        """Nothing to give back."""


class Quiet:
    """Counts nothing but what tests ask for."""

    def __init__(self) -> None:
        self.expirations: dict[str, int] = {}
        self.untold: list[str] = []

    def expired(self, by_source: Mapping[str, int]) -> None:
        """Alerts that expired."""
        for source, count in by_source.items():
            self.expirations[source] = self.expirations.get(source, 0) + count

    def suppressed(self, reasons: Iterable[str]) -> None:
        """Changes of which nobody was told."""
        self.untold += reasons

    def delivery(self, channel: str, result: str) -> None:
        """A try to send."""

    def delivered(self, tier: Tier, seconds: float) -> None:
        """A channel said yes."""


def classified(name: str = "A", tier: str = "high", **changes: Any) -> Classification:
    """What a rule might have said of an alert called ``name``."""
    level = Tier(tier)
    policy = make_plan().tiers[level]
    fields: dict[str, Any] = {
        "rule": f"rule-{tier}",
        "class_": "critical_function_outage",
        "tier": level,
        "impact": "wide",
        "importance": "core",
        "outage": True,
        "operational": True,
        "rto": policy.rto,
        "wait": policy.wait,
        "title": Text("Payments are down", "支付中断"),
        "service": "payments",
        "environment": "prod",
        "location": "cn-east-1",
        "vendor": "acme",
        "key": (("subject", "payments"), ("environment", "prod"), ("location", "cn-east-1")),
        "plan": "0123456789ab",
        **changes,
    }
    return Classification(**fields)


class _Router:
    """Step 6 by the world's plan."""

    def __init__(self, world: World) -> None:
        self._world = world

    def deliveries(self, notice: Notice, now: Millis) -> tuple[tuple[Delivery, ...], tuple[tuple[str, int], ...]]:
        """The routing of a notice."""
        routing = route(notice, self._world.plan, now)
        return routing.deliveries, routing.owing

    def fallback(self, entry: Fallback, key: str, now: Millis) -> tuple[Delivery, ...]:
        """The routing of a fallback."""
        return route_fallback(entry, key, self._world.plan, now)


class World:
    """Alerts go in by ``fire`` and ``resolve``; time passes by ``wait``; ``told`` is what the groups got."""

    def __init__(
        self, store: Store, clock: ManualClock, *, plan: Plan | None = None, bounds: Mapping[str, Bounds] | None = None
    ) -> None:
        self.store = store
        self.bounds = bounds or {}
        self.clock = clock
        self.plan = plan or make_plan()
        self.meter = Quiet()
        self.sinks = {name: Sink() for name in self.plan.channels}
        self.room = Room(256)
        self.deliveries: list[Delivery] = []
        self.restart()

    def restart(self) -> None:
        """Go on as a new process would, that knows nothing but what is stored."""
        self.deliveries.clear()
        self.loop = IncidentLoop(
            store=self.store,
            clock=self.clock,
            plan=lambda: self.plan,
            router=_Router(self),
            explain=lambda _, decision, __: Why(reasons=decision.reasons, plan=decision.plan),
            meter=self.meter,
            owed=self.deliveries.extend,
            process="test",
        )
        self.acts = Acts(store=self.store, clock=self.clock, loop=self.loop, plan=lambda: self.plan, process="test")
        self.channels = [self._channel(name, sink) for name, sink in self.sinks.items()]

    def _channel(self, name: str, sink: Sink) -> ChannelLoop:
        def render(notice: Notice, delivery: Delivery) -> Message:
            spoken = {  # whatever becomes of an incident, there are words for it in both
                language: put_into_words(notice, msgspec.structs.replace(delivery, language=language), external_url="")
                for language in ("en", "zh")
            }
            message = spoken[delivery.language]
            return replace(message, body={**message.body, "notice": notice, "delivery": delivery})

        return ChannelLoop(
            name,
            sink,
            self.bounds.get(name, Bounds()),
            store=self.store,
            clock=self.clock,
            render=render,
            meter=self.meter,
            random=Random(7),
            process="test",
        )

    async def post(self, *items: tuple[Alert, Classification | Dropped], at: Millis | None = None) -> Taken:
        """Take a batch, received now or at another time."""
        batch = [(alert, self.plan.sources[alert.source], decision) for alert, decision in items]
        taken = await take(self.store, batch, self.clock.now() if at is None else at, clock=self.clock, room=self.room)
        self.loop.wake(taken.due)
        return taken

    def alert(self, name: str, **fields: Any) -> Alert:
        """A firing alert of Prometheus that started now and carries no end."""
        settings: dict[str, Any] = {
            "source": "prometheus",
            "labels": {"alertname": name},
            "firing": True,
            "starts_at": self.clock.now(),
            "received_at": self.clock.now(),
            **fields,
        }
        return Alert(**settings)

    async def fire(
        self, name: str = "A", tier: str = "high", *, said: Classification | None = None, **fields: Any
    ) -> str:
        """One alert fires; answers what became of it, as a letter. Nothing is decided until ``settle``."""
        taken = await self.post((self.alert(name, **fields), said or classified(name, tier)))
        return taken.outcomes[0]

    async def resolve(
        self, name: str = "A", tier: str = "high", *, said: Classification | None = None, **fields: Any
    ) -> str:
        """One alert ends."""
        alert = self.alert(name, **{"firing": False, "ends_at": self.clock.now(), **fields})
        return (await self.post((alert, said or classified(name, tier)))).outcomes[0]

    async def settle(self) -> None:
        """Work until nothing is due."""
        sending = False
        for _ in range(2_000):
            waits = [await self.loop.turn(keys) for keys in self.store.shards]
            if (
                sending
                or self.deliveries
                or self.bounds
                or any(sink.tried > len(sink.got) for sink in self.sinks.values())
            ):
                self.deliveries.clear()
                sends = [await self._send(channel) for channel in self.channels]
                sending = min(sends) == 0
                waits += sends
            if min(waits) > 0:
                return
        raise AssertionError("there is always something due")

    async def deliver(self) -> None:
        """Send what is due, whoever committed it."""
        while min([await self._send(channel) for channel in self.channels]) == 0:
            pass

    async def die(self) -> None:
        """A process claims all that is due, decides and sends nothing, and is killed."""
        now = self.clock.now()
        for keys in self.store.shards:
            due, _ = await incidents.due_keys(self.store, keys, now, 100)
            await incidents.claim(self.store, keys, due, token="dead", now=now)
            for channel in self.sinks:
                lanes, _ = await deliveries.due_lanes(self.store, keys, channel, now, 100)
                await deliveries.claim(self.store, keys, channel, lanes, ALL, token="dead", now=now)

    async def hold(self, incident: Incident) -> Claim:
        """Another process takes up an incident, and goes no further."""
        (keys,) = self.store.shards
        now = self.clock.now()
        assert await incidents.make_due_now(self.store, keys, incident.key, incident.id, now)
        (claim,) = (await incidents.claim(self.store, keys, [incident.key], token="another", now=now)).claims
        return claim

    async def _send(self, channel: ChannelLoop) -> Millis:
        waits = [await channel.turn(keys) for keys in self.store.shards]
        await channel.sent()
        return min(waits)

    async def wait(
        self, duration: Millis, *, renew: Iterable[str] = (), tier: str = "high", step: Millis = STEP
    ) -> None:
        """Let time pass in steps, working on what falls due; alerts in ``renew`` are heard of at each step."""
        end = self.clock.now() + duration
        await self.settle()
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            for name in renew:
                await self.fire(name, tier)
            await self.settle()

    async def act(self, act: Act, *, by: str = "zhang.wei", group: str = "technical", **more: Any) -> Incident:
        """A person does something about the only incident that is not closed, or the only one; answers it."""
        found = await self.incidents()
        incident = next((each for each in found if each.closed_at is None), found[0])
        done = await self.acts.act(Action(incident=incident.id, act=act, by=by, group=group, **more))
        await self.settle()
        return done

    def told(self, group: str, *, but: tuple[str, ...] = ()) -> list[str]:
        """The events that a group's own channel was told, in order, with their reason; ``but`` are left out."""
        sink = self.sinks[f"{group}-hook"]
        got = [m for m in sink.got if m.group == group and m.event not in but]
        return [f"{m.event} {m.body['reason']}".strip() for m in got]

    async def acknowledge(
        self, group: str = "technical", *, by: str = "zhang.wei", revision: int | None = None
    ) -> Incident:
        """Acknowledge the only incident; answers it as the one who acts sees it."""
        incident = await self.incident()
        action = Action(incident=incident.id, act=Acknowledge(), by=by, group=group, if_revision=revision)
        done = await self.acts.act(action)
        await self.settle()
        return done

    async def incidents(self) -> tuple[Incident, ...]:
        """All incidents, in the order of the list."""
        return (await list_incidents(self.store, lambda _: True)).items

    async def incident(self) -> Incident:
        """The only incident."""
        (incident,) = await self.incidents()
        return incident

    async def actions(self, incident: Incident) -> list[str]:
        """What the timeline of an incident says was done."""
        return [entry.action for entry in (await show_incident(self.store, incident.id)).timeline]
