"""Every kind of channel that speaks HTTP passes the one contract."""

from __future__ import annotations

import io
import pkgutil
from types import ModuleType

import pytest
from tests.send import cases
from tests.send.contract import Contract, StandingClock

from tocsin._core.errors import ConfigurationError
from tocsin._core.plan import Channel
from tocsin.send import kinds
from tocsin.send.kinds.console import Console
from tocsin.send.registry import KINDS, open_sender, open_session


def names_in(package: ModuleType) -> set[str]:
    """The modules of a package."""
    return {module.name for module in pkgutil.iter_modules(package.__path__)}


WITHOUT_HTTP = {"apprise", "console", "email", "file"}
"""Kinds that call no address of HTTP, and so have tests of their own."""


@pytest.fixture(params=sorted(names_in(kinds) - WITHOUT_HTTP))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind in turn."""
    name: str = request.param
    return name


class TestEveryHttpKind(Contract):
    """The contract, run over ``kind``."""


def test_no_kind_is_left_out() -> None:
    """Every file of ``send/kinds/`` is a kind that a plan may name, and those that speak HTTP have a case."""
    assert names_in(kinds) == KINDS.keys() | {"console"}
    assert names_in(cases) == names_in(kinds) - WITHOUT_HTTP


async def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    """The error says which kinds exist; every ``console`` channel is the one given."""
    async with open_session() as session:
        console = Console(io.StringIO())
        opened = open_sender(Channel(name="c", type="console"), session=session, console=console, clock=StandingClock())
        assert opened is console
        known = ", ".join([*KINDS, "console"])
        with pytest.raises(ConfigurationError, match=f"'pigeon' is no kind of channel; there are {known}"):
            open_sender(Channel(name="c", type="pigeon"), session=session, console=console, clock=StandingClock())
