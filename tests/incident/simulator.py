"""Whole incidents through days of virtual time: the clock jumps from one thing that is due to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.action import Act, Action
from tocsin._core.errors import Conflict, Forbidden, Unprocessable
from tocsin._core.incident import Incident, Notice
from tocsin._core.model import Tier
from tocsin._core.plan import Plan, Vendor
from tocsin._core.times import HOUR, MINUTE, Millis
from tocsin._plan.defaults import CLASSES, TIERS
from tocsin._store.incidents import due_keys

ACME = Vendor(
    name="acme",
    title=CLASSES["other"].title,
    kind="contractor",
    ack_within=20 * MINUTE,
    rto=3 * HOUR,
    channels=("vendor-hook",),
)
BOLT = replace(ACME, name="bolt", channels=("other-hook",))
SERVICE = "payments"


def shipped(**changes: Any) -> Plan:
    """The plan of the tests with the classes and tiers that ship, and two vendors that promise something."""
    return plan(classes=CLASSES, tiers=TIERS, vendors={"acme": ACME, "bolt": BOLT}, **changes)


class Simulator:
    """One incident key. ``states`` are the incident as stored after each step, with the act that made the last one."""

    def __init__(self, world: World, *, class_: str = "critical_function_outage", tier: str = "high") -> None:
        world.plan = shipped()
        self.world = world
        self.states: list[tuple[Incident, str]] = []
        self._class = class_
        self._tier = tier

    async def fire(self, name: str = "A", *, tier: str = "") -> None:
        """An alert fires, which nothing but a resolution ends."""
        policy = self.world.plan.tiers[Tier(tier or self._tier)]
        said = classified(
            name, tier or self._tier, class_=self._class, rto=policy.rto, wait=policy.wait, sla_limit=30 * HOUR
        )
        await self.world.fire(name, source="alertmanager", said=said)
        await self._settled("")

    async def resolve(self, name: str = "A") -> None:
        """It ends."""
        await self.world.resolve(name, source="alertmanager", said=classified(name, self._tier, class_=self._class))
        await self._settled("")

    async def act(self, act: Act, group: str) -> bool:
        """A person acts upon the newest incident; whether it took that."""
        incident = (await self.newest()) if self.states else None
        if incident is None:
            return False
        action = Action(incident=incident.id, act=act, by="zhang.wei", group=group)
        try:
            await self.world.acts.act(action)
        except (Conflict, Forbidden, Unprocessable):
            return False
        await self._settled(action.action)
        return True

    async def run(self, duration: Millis) -> None:
        """Let time pass, from one thing that is due to the next."""
        end = self.world.clock.now() + duration
        (keys,) = self.world.store.shards
        while True:
            _, due = await due_keys(self.world.store, keys, self.world.clock.now(), 1)
            now = self.world.clock.now()
            self.world.clock.advance(max(0, min(end, due if due is not None else end) - now))
            await self._settled("")
            if self.world.clock.now() >= end:
                return

    async def newest(self) -> Incident | None:
        """The incident that opened last."""
        return max(await self.world.incidents(), key=lambda each: (each.first_at, each.closed_at is None), default=None)

    async def _settled(self, act: str) -> None:
        await self.world.settle()
        newest = await self.newest()
        if newest is not None and (not self.states or self.states[-1][0] != newest):
            self.states.append((newest, act))

    def notices(self, incident: str) -> list[Notice]:
        """All that was told of an incident, in order, each once."""
        found = {
            message.body["notice"].sequence: message.body["notice"]
            for sink in self.world.sinks.values()
            for message in sink.got
            if message.incident == incident
        }
        return [found[number] for number in sorted(found)]
