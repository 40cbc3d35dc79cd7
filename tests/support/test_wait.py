"""Waiting for a condition."""

from __future__ import annotations

from itertools import count

import pytest
from tests.support.wait import wait_for


async def test_waits_until_it_holds() -> None:
    """It looks again and again, and goes on as soon as the condition holds; what awaits something may be one too."""
    looks = count(1)

    async def third() -> bool:
        return next(looks) == 3

    await wait_for(third, "the third look", every=0.001)
    assert next(looks) == 4


async def test_says_what_never_came() -> None:
    """Once the time is over it fails, and tells what was waited for."""
    with pytest.raises(AssertionError, match="a miracle"):
        await wait_for(lambda: False, "a miracle", within=0.01, every=0.001)
