"""What the store knows of an incident key's alerts, read into a ``View``: the claim's fields, and records on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tocsin._core.incident import AlertRecord
from tocsin._core.model import Classification
from tocsin._core.view import Claim, Joined, View
from tocsin._store.client import Store
from tocsin._store.codec import decode
from tocsin._store.keys import Keys


def view_of(key: str, fields: dict[str, Any]) -> View:
    """A key's view from the fields that a claim answers."""

    def number(name: str) -> int:
        return int(fields.get(name) or 0)

    previous = fields.get("prev", b"").decode().split()
    return View(
        key=key,
        rev=number("rev"),
        mark=number("mark"),
        seq=number("seq"),
        firing=number("firing"),
        total=number("total"),
        zero_at=number("zero"),
        unseen=number("unseen"),
        stale=number("stale"),
        truncated=number("t_trunc"),
        joined=_joined(fields) if "t_at" in fields else None,
        later=number("later"),
        previous=(previous[0], int(previous[1])) if previous else None,
    )


def _joined(fields: dict[str, bytes]) -> Joined:
    def words(name: str) -> tuple[str, ...]:
        return tuple(word for word in fields.get(name, b"").decode().split("\x1f") if word)

    start = fields.get("t_start")
    return Joined(
        count=int(fields["t_n"]),
        first_at=int(fields["t_at"]),
        earliest_start=int(start) if start else None,
        top=decode(Classification, fields["t_top"]),
        top_identity=fields.get("t_topid", b"").decode(),
        shortest=decode(Classification, fields["t_quick"]),
        classes=words("t_classes"),
        services=words("t_services"),
    )


async def with_alerts(store: Store, keys: Keys, claimed: Claim) -> Claim:
    """The claim with the records of its newest alerts. Raises ``StoreUnavailable``, and ``StoreMismatch``."""
    pipe = store.pipeline()
    for name, _ in claimed.newest:
        pipe.hmget(keys.alert(name), ["b", "e"])
    rows = await store.call(pipe.execute()) if claimed.newest else []
    view = msgspec.structs.replace(
        claimed.view,
        shown_later=sum(body is not None for body, _ in rows[: claimed.view.later]),
        alerts=tuple(_alerts(claimed.newest, rows)),
    )
    return msgspec.structs.replace(claimed, view=view)


def _alerts(names: Sequence[tuple[str, bool]], rows: list[Any]) -> Iterable[AlertRecord]:
    for (_, firing), (body, ended) in zip(names, rows, strict=True):
        if body:
            record = decode(AlertRecord, body)
            ends_at = int(ended) if ended and not firing else None
            yield msgspec.structs.replace(record, firing=firing, ends_at=ends_at)


async def alert_of(store: Store, keys: Keys, identity: str) -> AlertRecord | None:
    """The record of one alert. Raises ``StoreUnavailable``, and ``StoreMismatch``."""
    (body,) = await store.call(store.pipeline().hget(keys.alert(identity), "b").execute())
    return decode(AlertRecord, body) if body else None
