"""Channels at private addresses, for a service that is told to refuse them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.send.contract import StandingClock
from tests.send.receiver import Receiver, receiving
from tests.send.samples import message

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Sender
from tocsin._core.plan import Channel
from tocsin.send.guard import GuardedConnector, is_public
from tocsin.send.registry import KINDS, open_session

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
    "168.63.129.16", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
    "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]


class Names(AbstractResolver):
    """A resolver that has an answer for every name: each time the next one."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name."""
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for each in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody on loopback, who must not be called."""
    async with receiving() as found:
        yield found


def hook(session: aiohttp.ClientSession, url: str, **settings: Any) -> Sender:
    """A webhook to an address."""
    channel = Channel(name="hook", type="webhook", settings={"url": url, "timeout": 1_000, **settings})
    return KINDS["webhook"].open(channel, session=session, clock=StandingClock())


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address: str) -> None:
    """Private, loopback, link-local, shared and reserved ranges, clouds' metadata, and whatever leads to one."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    """The internet's."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_refused(receiver: Receiver, host: str) -> None:
    """For good, however it is written; the error says which address and why, and nobody is called."""
    async with open_session(refuse_private=True) as session:
        url = receiver.address.replace("127.0.0.1", host)
        with pytest.raises(SendRefused, match="is no public address, and the service was started with --refuse-priv"):
            await hook(session, url).send(message())
    assert receiver.requests == []


async def test_what_a_name_stands_for_counts_at_each_connection(receiver: Receiver) -> None:
    """A name that points elsewhere the second time is refused then; what was looked up before says nothing."""
    names = Names(["192.0.2.1"], ["127.0.0.1"])
    port = receiver.address.rpartition(":")[2]
    async with aiohttp.ClientSession(connector=GuardedConnector(resolver=names, use_dns_cache=False)) as session:
        for address in ("192.0.2.1", "127.0.0.1"):
            with pytest.raises(SendRefused, match=address):
                await hook(session, f"http://rebound.example:{port}").send(message())
    assert receiver.requests == []


async def test_of_several_addresses_only_public_ones_are_tried(receiver: Receiver) -> None:
    """The private one is passed over, although somebody would answer there."""
    port = receiver.address.rpartition(":")[2]
    connector = GuardedConnector(resolver=Names(["127.0.0.1", "10.0.0.1", "127.0.0.2"]), use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(SendRefused, match="is no public address"):
            await hook(session, f"http://mixed.example:{port}").send(message())
    assert receiver.requests == []


async def test_a_proxy_may_be_private(receiver: Receiver) -> None:
    """It is the one to resolve names then, and to refuse; what is written as a private address is refused here."""
    async with open_session(refuse_private=True) as session:
        await hook(session, "http://hooks.example/", proxy=receiver.address).send(message())
        assert len(receiver.requests) == 1
        for host in ("10.1.2.3", "localhost", "[::1]"):
            with pytest.raises(SendRefused, match="is no public address"):
                await hook(session, f"http://{host}:8080/", proxy=receiver.address).send(message())
        assert len(receiver.requests) == 1


async def test_without_the_option_private_addresses_are_called(receiver: Receiver) -> None:
    """Most tools of a company live there."""
    async with open_session() as session:
        await hook(session, receiver.address).send(message())
        with pytest.raises(TrySendAgain, match="cannot be resolved"):
            await hook(session, "http://nowhere.invalid").send(message())
