"""A closed incident as one small value.

Laid out as: the schema, a byte that MessagePack never begins with, the length of the first part, the incident, and all
else that is kept of it. Both parts are compressed, the second with the first as its dictionary, so that a list reads
the incident alone. What does not fit may be left out, in an order: tries of deliveries before the last, rules that were
tried, the middle of the deliveries, the middle of the timeline. What is kept of a timeline is kept word for word, and
an entry in the place of the others says how many they were. The hashes of a timeline follow from its entries, so they
are not written but made anew; the last one is with the incident, and shows that they are what they were.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable
from struct import Struct

import msgspec
from msgspec.structs import replace

from tocsin._core.errors import StoreMismatch
from tocsin._core.incident import Delivery, Incident
from tocsin._core.timeline import LEFT_OUT, Head, TimelineEntry, chained, left_out
from tocsin._core.why import Why
from tocsin._store.codec import SCHEMA, decode, encode

LIMIT = 3_500
"""Bytes of a value: with its key and its entries in the indexes it takes at most 4 KB of the store's memory."""

FEW = 12
"""Deliveries that are kept for as long as the timeline can be cut instead."""

_HEAD = Struct(">BBI")
_NEVER_USED = 0xC1
_MARK = bytes([SCHEMA, _NEVER_USED])


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept beside the incident itself. ``archived_in`` is the file that holds all of it, where something was
    left out; ``bare``: its timeline is written without hashes."""

    timeline: tuple[TimelineEntry, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    why: Why | None = None
    deliveries_left_out: int = 0
    archived_in: str = ""
    bare: bool = False


def is_compact(body: bytes) -> bool:
    """Whether the value of an incident is a compacted one."""
    return body[:2] == _MARK


def incident_of(body: bytes) -> Incident:
    """The incident of a value, compacted or not. Raises ``StoreMismatch``."""
    return decode(Incident, _plain(body)[0] if is_compact(body) else body)


def unpacked(body: bytes) -> Kept:
    """What a compacted value holds beside the incident. Raises ``StoreMismatch``."""
    plain, rest = _plain(body)
    try:
        kept = decode(Kept, zlib.decompressobj(zdict=plain).decompress(rest))
    except zlib.error as error:
        raise StoreMismatch(f"the store holds a compacted incident that cannot be read: {error}") from error
    if not kept.bare:
        return kept
    return replace(kept, timeline=_chained(decode(Incident, plain).id, kept.timeline), bare=False)


def packed(incident: Incident, kept: Kept, *, whole: bool = False) -> bytes:
    """The compacted value of an incident, of at most ``LIMIT`` bytes unless the incident itself takes more.

    ``whole``: nothing is left out, and it takes what it takes.
    """
    plain = encode(incident)
    first = zlib.compress(plain)
    head = _HEAD.pack(SCHEMA, _NEVER_USED, len(first)) + first

    follows = _chained(incident.id, tuple(map(_bare, kept.timeline))) == kept.timeline

    def pack(what: Kept) -> bytes:
        if follows:
            what = replace(what, timeline=tuple(map(_bare, what.timeline)), bare=True)
        packer = zlib.compressobj(zdict=plain)
        return head + packer.compress(encode(what)) + packer.flush()

    body = pack(kept)
    if whole or len(body) <= LIMIT:
        return body
    last_tries = replace(kept, deliveries=tuple(replace(each, attempts=each.attempts[-1:]) for each in kept.deliveries))
    untried = _without_tried(last_tries)
    for lighter in (last_tries, untried):
        if len(body := pack(lighter)) <= LIMIT:
            return body
    few = _fewer_deliveries(untried, FEW)
    none = few.deliveries_left_out + len(few.deliveries)
    least = Kept(timeline=_cut(few.timeline, 2), deliveries_left_out=none, archived_in=few.archived_in)
    return (
        _most(lambda count: pack(_fewer_deliveries(untried, count)), range(FEW, len(untried.deliveries)))
        or _most(lambda count: pack(replace(few, timeline=_cut(few.timeline, count))), range(2, len(few.timeline)))
        or pack(least)
    )


def _most(pack: Callable[[int], bytes], counts: range) -> bytes:
    """What is packed with the highest of the counts that fits; nothing if none does."""
    fitting = bisect_right(counts, LIMIT, key=lambda count: len(pack(count)))
    return pack(counts[fitting - 1]) if fitting else b""


def _plain(body: bytes) -> tuple[bytes, bytes]:
    """The incident's own part, decompressed, and the other as it is."""
    try:
        end = _HEAD.size + _HEAD.unpack(body[: _HEAD.size].ljust(_HEAD.size))[2]
        return zlib.decompress(body[_HEAD.size : end]), body[end:]
    except zlib.error as error:
        raise StoreMismatch(f"the store holds a compacted incident that cannot be read: {error}") from error


def _without_tried(kept: Kept) -> Kept:
    """Without the rules that were tried, which are counted."""
    if kept.why is None:
        return kept
    return replace(kept, why=replace(kept.why, tried=(), left_out=kept.why.left_out + len(kept.why.tried)))


def _fewer_deliveries(kept: Kept, count: int) -> Kept:
    """The first and the last of the deliveries, ``count`` in all."""
    all_of_them = kept.deliveries
    if len(all_of_them) <= count:
        return kept
    ends = (*all_of_them[: count // 2], *all_of_them[len(all_of_them) - (count - count // 2) :])
    left_out = kept.deliveries_left_out + len(all_of_them) - len(ends)
    return replace(kept, deliveries=ends, deliveries_left_out=left_out)


def _cut(timeline: tuple[TimelineEntry, ...], count: int) -> tuple[TimelineEntry, ...]:
    """The first and the last entries, ``count`` in all, and one between them in the place of the others."""
    first, last = count // 2, len(timeline) - (count - count // 2)
    gone = timeline[first:last]
    if not gone:
        return timeline
    prev = timeline[first - 1].hash if first else ""
    return (*timeline[:first], left_out(gone, prev), *timeline[last:])


def _bare(entry: TimelineEntry) -> TimelineEntry:
    """Without what follows from the entries before it."""
    return entry if entry.action == LEFT_OUT else replace(entry, seq=0, prev="", hash="")


def _chained(incident: str, bare: tuple[TimelineEntry, ...]) -> tuple[TimelineEntry, ...]:
    """With its hashes, anew; what was left out has those that it had."""
    done: list[TimelineEntry] = []
    head = Head(entries=0, hash="")
    for entry in bare:
        done += (entry,) if entry.action == LEFT_OUT else chained(incident, head, (entry,))
        head = Head(entries=done[-1].seq, hash=done[-1].hash)
    return tuple(done)
