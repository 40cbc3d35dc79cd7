"""What a body asks for: every fault is told, whatever kind of value stands where."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.plans import plan

from tocsin._core.errors import Unprocessable
from tocsin.view.actions import read_action, read_declaration


@pytest.mark.parametrize("group", [["technical"], {"a": 1}, 7, "nobody"])
def test_a_group_that_is_none(group: Any) -> None:
    """A value of another kind is refused as an unknown name is."""
    action = {"action": "acknowledge", "by": "wang", "group": group}
    with pytest.raises(Unprocessable) as refused:
        read_action(action, "INC-1", plan(), token=None)
    assert [path for path, _ in refused.value.problems] == ["group"]
    declared = {"class": "other", "title": "t", "by": "wang", "group": group}
    with pytest.raises(Unprocessable) as refused:
        read_declaration(declared, plan(), token=None, request="r")
    assert [path for path, _ in refused.value.problems] == ["group"]


@pytest.mark.parametrize("eta", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00", "soon", 7])
def test_a_time_that_cannot_be_written(eta: Any) -> None:
    """What no answer could show is refused, not stored."""
    with pytest.raises(Unprocessable) as refused:
        read_action({"action": "note", "text": "x", "by": "wang", "eta": eta}, "INC-1", plan(), token=None)
    assert [path for path, _ in refused.value.problems] == ["eta"]
