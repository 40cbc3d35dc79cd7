"""Every kind of channel that speaks HTTP passes the one contract."""

from __future__ import annotations

import io

import pytest
from tests.send.contract import SETTINGS, Contract, StandingClock

from tocsin._core.errors import ConfigurationError
from tocsin._core.plan import Channel
from tocsin.send.console import Console
from tocsin.send.kinds import HTTP_KINDS, KINDS, open_sender, open_session


@pytest.fixture(params=sorted(HTTP_KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind in turn."""
    name: str = request.param
    return name


class TestEveryHttpKind(Contract):
    """The contract, run over ``kind``."""


def test_no_kind_is_left_out() -> None:
    """A new kind must say in ``SETTINGS`` how to reach the receiver."""
    assert SETTINGS.keys() == HTTP_KINDS.keys()
    assert set(KINDS) == {*HTTP_KINDS, "console"}


async def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    """The error says which kinds exist; every ``console`` channel is the one given."""
    async with open_session() as session:
        console = Console(io.StringIO())
        opened = open_sender(Channel(name="c", type="console"), session=session, console=console, clock=StandingClock())
        assert opened is console
        with pytest.raises(ConfigurationError, match="'pigeon' is no kind of channel; there are webhook, console"):
            open_sender(Channel(name="c", type="pigeon"), session=session, console=console, clock=StandingClock())
