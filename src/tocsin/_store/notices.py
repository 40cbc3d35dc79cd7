"""Reading a notice again."""

from __future__ import annotations

from tocsin._core.ids import notice_id
from tocsin._core.incident import Incident, Notice
from tocsin._store.client import Store
from tocsin._store.codec import decode


async def last_notice(store: Store, incident: Incident) -> Notice | None:
    """The newest notice of an incident; ``None`` before the first, and once it is not kept any more.

    Raises ``StoreUnavailable``.
    """
    keys = store.shard_of(incident.key)
    name = keys.notice(notice_id(incident.id, incident.sequence))
    (body,) = await store.call(store.pipeline().get(name).execute())
    return decode(Notice, body) if body else None
