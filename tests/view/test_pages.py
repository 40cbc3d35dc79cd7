"""Lists in pages: whole, in order, and nothing twice, over several shards too."""

from __future__ import annotations

import pytest
from tests.support.clock import ManualClock
from tests.support.world import World, classified

from tocsin._core.incident import Incident
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.client import Store
from tocsin._store.listing import list_deliveries, list_incidents


@pytest.mark.parametrize("shards", [1, 3])
async def test_pages_of_incidents(store_url: str, clock: ManualClock, shards: int) -> None:
    """Not closed ones first, then by tier and start, newest first; pages of any size make up the whole."""
    store = await Store.open(store_url, namespace=f"pages{shards}", shards=shards)
    world = World(store, clock)
    for number in range(30):
        tier = ("low", "medium", "high")[number % 3]
        said = classified(f"A{number}", tier, key=(("subject", str(number)),), service=str(number))
        await world.fire(f"A{number}", said=said, source="alertmanager")
        clock.advance(1 * SECOND)
    await world.wait(6 * MINUTE)
    for number in range(0, 30, 3):
        said = classified(f"A{number}", "low", key=(("subject", str(number)),), service=str(number))
        await world.resolve(f"A{number}", said=said, source="alertmanager")
    await world.wait(1 * HOUR, step=1 * MINUTE)
    whole = (await list_incidents(store, lambda _: True)).items
    assert len(whole) == 30
    order = [(incident.closed_at is None, incident.tier.rank, incident.started_at) for incident in whole]
    assert order == sorted(order, reverse=True)
    assert sum(incident.closed_at is not None for incident in whole) == 10
    looked_at: list[Incident] = []

    def wanted(incident: Incident) -> bool:
        looked_at.append(incident)
        return True

    for closed in (False, True):
        page = await list_incidents(store, wanted, closed=closed)
        assert [incident.id for incident in page.items] == [i.id for i in whole if (i.closed_at is not None) == closed]
    assert len(looked_at) == 30, "only those asked for are read"
    for size in (1, 7, 30):
        gathered, cursor = [], ""
        while True:
            page = await list_incidents(store, lambda _: True, cursor=cursor, limit=size)
            gathered += [incident.id for incident in page.items]
            if page.next is None:
                break
            cursor = page.next
        assert gathered == [incident.id for incident in whole]
    assert not (await list_deliveries(store, lambda _: True, dead=True)).items
    assert len((await list_deliveries(store, lambda _: True, limit=500)).items) > 100
    await store.close()


async def test_many_entries_of_one_instant(store_url: str, clock: ManualClock) -> None:
    """More entries of one score than are read at once are all listed."""
    store = await Store.open(store_url)
    world = World(store, clock)
    alerts = [
        (world.alert(f"A{n}"), classified(f"A{n}", "high", key=(("subject", str(n)),), service=str(n)))
        for n in range(250)
    ]
    await world.post(*alerts)
    await world.settle()
    page = await list_incidents(store, lambda _: True, limit=220)
    rest = await list_incidents(store, lambda _: True, cursor=page.next or "", limit=220)
    assert len({incident.id for incident in (*page.items, *rest.items)}) == 250
    assert rest.next is None
    await store.close()


async def test_a_cursor_of_another_kind_is_refused(store_url: str) -> None:
    """A cursor that is none of ours is an error, not an empty page."""
    store = await Store.open(store_url)
    for cursor in ("x", "5.1.a", "0..a", "0.1."):
        with pytest.raises(ValueError, match="cursor"):
            await list_incidents(store, lambda _: True, cursor=cursor)
    await store.close()
