"""Every name of a key in the store, with why it may live without a TTL where it does.

A name is ``{<namespace>:<shard>}:<kind>`` or ``{<namespace>:<shard>}:<kind>:<rest>``. The braces are
Redis's hash tag: all keys of one incident are in one slot, so that one script may touch them all.
``<key>`` below is the digest of an incident key, ``<identity>`` is ``<source>:<digest of the labels>``.
"""

from __future__ import annotations

from collections.abc import Mapping

PERSISTENT: Mapping[str, str] = {
    "meta": "the schema, the number of shards and the key of answer links; one small hash for the life of the store",
    "due": "the due queue (urgent and normal); a key leaves it when nothing about it is pending",
    "held": "keys being worked on, by the end of their lease; a commit or the next claim removes them",
    "leases": "the token of each held key; removed with it",
    "tries": "failed attempts of a key; removed by its next commit",
    "aside": "keys that failed too often; kept until they are committed, so that somebody sees them",
    "coverage": "how often each rule matched; one small hash, bounded by the names that rules ever had",
    "intake": "when alerts could last be taken; one small hash",
    "heartbeats": "when each was heard; one small hash, from which those that no plan has any more are removed",
    "view": "lives as long as its incident is not closed; the closing commit gives it a TTL",
    "recent": "as view; capped at the firing alerts and the newest 1,000 to 1,500 ended ones",
    "until": "holds firing alerts only, and is gone with the last of them",
    "seen": "holds firing alerts that never expire only, and is gone with the last of them",
    "incident": "an incident, compacted some time after its close; goes when it is archived or dropped",
    "timeline": "as incident; goes when that is compacted",
    "told": "as timeline",
    "threads": "as timeline",
    "why": "as timeline",
    "notice": "as timeline, unless a dead letter needs it; then as incident",
    "delivery": "as notice",
    "deliveries-of": "as notice",
    "active": "the index of open incidents; the closing commit removes its entry",
    "closed": "the index of closed incidents; an entry goes with its incident",
    "closed-at": "as closed, by time of closing",
    "compact": "closed incidents that are still to be compacted, by when; an entry goes when that is done",
    "queue": "lanes with deliveries to send; a lane leaves it when it is empty",
    "ranks": "as queue",
    "health": "which channels fail, since when, and what command was told of it; one small hash, bounded by the plan",
    "sending": "lanes being sent from; as held",
    "tokens": "the token of each lane being sent from; as leases",
    "lane": "the waiting deliveries of one incident, group and channel; gone with the last of them",
    "deliveries": "the index of deliveries; an entry goes with its delivery",
    "dead": "the index of dead letters; an entry goes when it is retried, or with its incident",
    "stats": "counters that survive restarts; closed label sets, so bounded",
    "channels": "the names of channels that ever had a delivery; bounded by the plan's history",
}
"""Kinds of keys that may have no TTL, and why."""


class Keys:
    """The names of one shard's keys."""

    def __init__(self, namespace: str, shard: int) -> None:
        self._prefix = f"{{{namespace}:{shard}}}:"
        self.meta = self._prefix + "meta"
        self.health = self._prefix + "health"
        self.urgent = self._prefix + "due:urgent"
        self.normal = self._prefix + "due:normal"
        self.held = self._prefix + "held"
        self.leases = self._prefix + "leases"
        self.tries = self._prefix + "tries"
        self.aside = self._prefix + "aside"
        self.intake = self._prefix + "intake"
        self.heartbeats = self._prefix + "heartbeats"
        self.coverage = self._prefix + "coverage"
        self.active = self._prefix + "active"
        self.closed = self._prefix + "closed"
        self.closed_at = self._prefix + "closed-at"
        self.compact = self._prefix + "compact"
        self.retention = self._prefix + "retention"
        self.deliveries = self._prefix + "deliveries"
        self.dead = self._prefix + "dead"
        self.stats = self._prefix + "stats"
        self.channels = self._prefix + "channels"
        self.rejected = self._prefix + "rejected"

    def alert(self, identity: str) -> str:
        """HASH of one alert: ``v`` schema, ``k`` the key it joined, ``s`` start, ``e`` end and ``x`` its receipt,
        ``p`` the end before it fired again, ``r`` receipt of the last news, ``b`` an ``AlertRecord``.
        TTL from the last news."""
        return f"{self._prefix}alert:{identity}"

    def view(self, key: str) -> str:
        """HASH of what is known of one incident key; its fields are listed in ``scripts/_prelude.lua``."""
        return f"{self._prefix}view:{key}"

    def until(self, key: str) -> str:
        """ZSET of the identities that fire, by when they expire (``inf``: never)."""
        return f"{self._prefix}until:{key}"

    def seen(self, key: str) -> str:
        """ZSET of the identities that fire and never expire, by when they were last seen."""
        return f"{self._prefix}seen:{key}"

    def recent(self, key: str) -> str:
        """ZSET of the identities that joined, by the order in which they last fired."""
        return f"{self._prefix}recent:{key}"

    def incident(self, incident: str) -> str:
        """STRING: an ``Incident``, or a compacted one with all that is kept of it (``compact.py``)."""
        return f"{self._prefix}incident:{incident}"

    def timeline(self, incident: str) -> str:
        """LIST of ``TimelineEntry``."""
        return f"{self._prefix}timeline:{incident}"

    def why(self, incident: str) -> str:
        """STRING: a ``Why``, of the alert that graded the incident."""
        return f"{self._prefix}why:{incident}"

    def threads(self, incident: str) -> str:
        """By channel, the thread at its tool that the messages about an incident follow."""
        return f"{self._prefix}threads:{incident}"

    def told(self, incident: str) -> str:
        """HASH ``<sequence>/<group>`` → ``accepted``, or how many of its deliveries are neither accepted nor dead."""
        return f"{self._prefix}told:{incident}"

    def deliveries_of(self, incident: str) -> str:
        """LIST of the ids of an incident's deliveries."""
        return f"{self._prefix}deliveries-of:{incident}"

    def notice(self, notice: str) -> str:
        """STRING: a ``Notice``."""
        return f"{self._prefix}notice:{notice}"

    def delivery(self, delivery: str) -> str:
        """HASH of one delivery: ``v`` schema, ``s`` state, ``b`` a ``Delivery``."""
        return f"{self._prefix}delivery:{delivery}"

    def rejected_of(self, source: str) -> str:
        """ZSET of the ids of a source's rejected payloads, by when each was last received. With a TTL, as the two
        below and ``rejected``, the ZSET of the sources that have any."""
        return f"{self._prefix}rejected-of:{source}"

    def rejected_heads(self, source: str) -> str:
        """HASH id → ``RejectedPayload``."""
        return f"{self._prefix}rejected-heads:{source}"

    def rejected_contents(self, source: str) -> str:
        """HASH id → the bytes that were posted, or the first of them."""
        return f"{self._prefix}rejected-contents:{source}"

    def callback(self, event: str) -> str:
        """STRING ``taken`` or ``done``, of one callback of a tool. With a TTL, as the next."""
        return f"{self._prefix}callback:{event}"

    def topic(self, topic: str) -> str:
        """STRING: the id of the incident that a tool has a name of its own for."""
        return f"{self._prefix}topic:{topic}"

    def queues(self, channel: str) -> tuple[str, ...]:
        """ZSETs of a channel's lanes with something to send, by when: one for what is sent as a digest, then one for
        each tier, by its rank. A lane is in one of them, or in ``sending``."""
        return tuple(f"{self._prefix}queue:{channel}:{name}" for name in ("digest", "low", "medium", "high"))

    def ranks(self, channel: str) -> str:
        """HASH lane → which of the queues is its own: the highest of what was put into it since it was empty."""
        return f"{self._prefix}ranks:{channel}"

    def sent(self, channel: str) -> str:
        """LIST of when a channel's newest messages were sent, as many as its rate counts."""
        return f"{self._prefix}sent:{channel}"

    def sending(self, channel: str) -> str:
        """ZSET of a channel's lanes being sent from, by the end of their lease."""
        return f"{self._prefix}sending:{channel}"

    def tokens(self, channel: str) -> str:
        """HASH lane → token of who sends from it."""
        return f"{self._prefix}tokens:{channel}"

    def lane(self, channel: str, lane: str) -> str:
        """LIST of the ids of deliveries that wait in a lane, first in first out. A lane is ``<incident>/<group>``, of
        groups that share the channel the first."""
        return f"{self._prefix}lane:{channel}:{lane}"
