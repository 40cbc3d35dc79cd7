"""A hot key: thousands of alerts a second on one incident starve neither it nor the others.

Nothing here is timed: the clock is moved, and what is counted are turns of the loop and commits.
``bench/hot_key.py`` shows the same with a real load.
"""

from __future__ import annotations

from tests.support.world import World, classified

from tocsin._core.model import Classification
from tocsin._core.times import SECOND, Millis
from tocsin._store import incidents as stored
from tocsin.dedup.identity import key_digest
from tocsin.dedup.take import take

HOT = classified()
HOT_KEY = key_digest(HOT.key)
STEP: Millis = 10
"""Milliseconds between two batches of the storm; with ``BATCH`` alerts each that is 10,000 alerts a second."""

BATCH = 100


def about(service: str, tier: str = "high") -> Classification:
    """What a rule says of an alert about another service."""
    return classified(service, tier, service=service, key=(("subject", service), ("environment", "prod")))


async def storm(world: World, number: int) -> None:
    """One batch on the hot key, every alert in it new, so that each marks the key."""
    batch = [(world.alert(f"hot-{number}-{each}"), HOT) for each in range(BATCH)]
    taken = await world.post(*batch)
    assert taken.receipt.new == BATCH


async def commits(world: World, key: str = HOT_KEY) -> int:
    """How often a key was committed."""
    (keys,) = world.store.shards
    (rev,) = await world.store.call(world.store.pipeline().hget(keys.view(key), "rev").execute())
    return int(rev or 0)


async def told_of(world: World) -> set[str]:
    """The incident keys of which a delivery was committed since the last look."""
    owed = {delivery.key for delivery in world.deliveries}
    world.deliveries.clear()
    return owed


async def test_a_mark_never_fails_a_commit(world: World) -> None:
    """Alerts that come between every claim and its commit fail no commit, and none of them is lost."""
    (keys,) = world.store.shards
    await storm(world, 0)
    for number in range(1, 21):
        now = world.clock.now()
        claims = await stored.claim(world.store, keys, [HOT_KEY], token=f"t{number}", now=now)
        (claim,) = claims.claims
        assert claim.tries == 1
        await storm(world, number)
        await world.loop.settle(keys, claim)
        assert await commits(world) == number
        world.clock.advance(SECOND // 5)
    await world.settle()
    incident = await world.incident()
    assert (incident.firing, incident.total) == (21 * BATCH, 21 * BATCH)


async def test_a_held_key_is_not_claimed_twice(world: World) -> None:
    """Marks on a held key do not make it due: nobody else takes it up until it is committed."""
    (keys,) = world.store.shards
    await storm(world, 0)
    now = world.clock.now()
    (claim,) = (await stored.claim(world.store, keys, [HOT_KEY], token="first", now=now)).claims
    await storm(world, 1)
    assert (await stored.due_keys(world.store, keys, now, 16))[0] == []
    assert (await stored.claim(world.store, keys, [HOT_KEY], token="second", now=now)).claims == ()
    await world.loop.settle(keys, claim)
    assert await commits(world) == 1
    assert (await stored.due_keys(world.store, keys, now + SECOND // 5, 16))[0] == [HOT_KEY]


async def test_five_commits_a_second(world: World) -> None:
    """Through two seconds of storm the hot key is committed five times a second: no more, and no fewer."""
    (keys,) = world.store.shards
    for number in range(2 * SECOND // STEP):
        await storm(world, number)
        while await world.loop.turn(keys) == 0:
            pass
        world.clock.advance(STEP)
    assert 10 <= await commits(world) <= 11
    await world.wait(1 * SECOND)
    incident = await world.incident()
    assert (incident.firing, incident.total) == (20_000, 20_000)
    assert world.told("data") == ["opened"]


async def test_others_are_told_in_the_very_next_turn(world: World) -> None:
    """While the storm lasts, what opens on another key is committed, told to its groups, by the next turn."""
    (keys,) = world.store.shards
    for number in range(SECOND // STEP):
        await storm(world, number)
        service = f"other-{number}"
        await world.fire(service, said=about(service))
        await told_of(world)
        await world.loop.turn(keys)
        assert key_digest(about(service).key) in await told_of(world)
        world.clock.advance(STEP)
    assert await commits(world) <= 6


async def test_other_keys_are_claimed_in_the_same_turn(world: World) -> None:
    """Once due again, the hot key takes one of the places in a turn; keys of any tier take the others."""
    (keys,) = world.store.shards
    await storm(world, 0)
    await world.settle()
    await storm(world, 1)
    world.clock.advance(SECOND // 5)
    services = [(f"other-{number}", ("high", "medium", "low")[number % 3]) for number in range(15)]
    for service, tier in services:
        await world.fire(service, said=about(service, tier))
    assert await commits(world) == 1
    await world.loop.turn(keys)
    assert await commits(world) == 2
    assert [await commits(world, key_digest(about(*each).key)) for each in services] == [1] * len(services)


async def test_many_hot_keys_do_not_starve_a_low_one(world: World) -> None:
    """With more hot keys of the high tier than fit a turn, a low key is committed once each of them had its turn."""
    (keys,) = world.store.shards
    hot = [about(f"hot-{number}") for number in range(40)]
    for round_ in range(3):
        await world.post(*((world.alert(f"{round_}-{said.service}"), said) for said in hot))
        service = f"low-{round_}"
        await world.fire(service, said=about(service, "low"))
        for _ in range(4):
            await world.loop.turn(keys)
        assert await commits(world, key_digest(about(service, "low").key)) == 1
        assert {await commits(world, key_digest(said.key)) for said in hot} == {round_ + 1}
        world.clock.advance(SECOND // 5)


async def test_a_higher_tier_does_not_wait(world: World) -> None:
    """A worse alert in the middle of a storm raises its incident at once, not at the key's next pace."""
    (keys,) = world.store.shards
    low = classified("low", "medium", wait=0)
    for number in range(5):
        batch = [(world.alert(f"hot-{number}-{each}"), low) for each in range(BATCH)]
        await world.post(*batch)
        while await world.loop.turn(keys) == 0:
            pass
        world.clock.advance(STEP)
    assert await commits(world) == 1
    await world.fire("worse", said=HOT)
    await world.settle()
    assert await commits(world) == 2
    assert world.told("legal") == ["tier_raised worse_alert"]


async def test_what_others_made_due_is_found(world: World) -> None:
    """While this process has more hot keys than fit a turn, it takes up what another one made due, in five turns."""
    (keys,) = world.store.shards
    other = about("other")
    await take(
        world.store,
        [(world.alert("other"), world.plan.sources["prometheus"], other)],
        world.clock.now(),
        clock=world.clock,
        room=world.room,
    )
    world.clock.advance(STEP)
    services = [f"hot-{number}" for number in range(100)]
    await world.post(*((world.alert(service), about(service)) for service in services))
    for _ in range(5):
        assert await world.loop.turn(keys) == 0
    assert await commits(world, key_digest(other.key)) == 1
    assert [await commits(world, key_digest(about(service).key)) for service in services].count(1) >= 64


async def test_clocks_that_fall_due_together_are_claimed_in_growing_numbers(world: World) -> None:
    """While nobody has news, each turn claims more keys; the first one with a new alert among them claims few again."""
    (keys,) = world.store.shards
    names = [f"s{number}" for number in range(200)]
    await world.post(*((world.alert(name), about(name)) for name in names))
    await world.settle()
    await world.deliver()
    world.clock.advance(await until_due(world))
    seen = []
    while (left := await due_now(world)) > 0:
        await world.loop.turn(keys)
        seen.append(left - await due_now(world))
    assert seen[:4] == [16, 32, 64, 64]
    world.clock.advance(SECOND)
    await world.post(*((world.alert(f"{name}-2"), about(name)) for name in names))
    await world.loop.turn(keys)
    left = await due_now(world)
    await world.loop.turn(keys)
    assert left - await due_now(world) == 16


async def due_now(world: World) -> int:
    """How many keys are due."""
    (keys,) = world.store.shards
    return len((await stored.due_keys(world.store, keys, world.clock.now(), 1_000))[0])


async def until_due(world: World) -> Millis:
    """How long until the next clock of any incident."""
    (keys,) = world.store.shards
    _, next_at = await stored.due_keys(world.store, keys, world.clock.now(), 1)
    assert next_at is not None
    return next_at - world.clock.now()
