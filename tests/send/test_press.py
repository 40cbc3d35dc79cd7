"""The buttons of a message: an answer for what is asked, where the tool brings a press back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.press import PROOFS, hears, of_one_tool, read_value
from tocsin._core.secret import Secret
from tocsin.send.press import buttons

ID = "inc-261205-7k2m9p-1-0123456789ab"
SLACK = Channel(name="chat", type="slack", settings={"signing_secret": Secret("s")})


def asking(*asks: str, language: str = "en") -> Message:
    """A message that asks for these."""
    return Message(
        id=ID,
        event="opened",
        group="technical",
        incident="INC-261205-7K2M9P",
        subject="",
        text="",
        body={"asks": list(asks), "language": language},
    )


def test_a_button_for_each_answer_that_needs_no_words() -> None:
    """An acknowledgement is one press; whether it is restored has two answers; an update needs words."""
    assert [(each.title, each.is_first) for each in buttons(asking("acknowledge"), SLACK)] == [("Acknowledge", True)]
    found = buttons(asking("restore", "update", language="zh"), SLACK)
    assert [(each.title, each.is_first) for each in found] == [("已恢复", True), ("仍未恢复", False)]
    presses = [press for each in found if (press := read_value(each.value)) is not None and len(each.value) <= 64]
    assert [(press.action, press.delivery) for press in presses] == [("restore", ID), ("still_broken", ID)]
    assert all(press.is_of(SLACK) for press in presses)
    assert not any(press.is_of(replace(SLACK, settings={"signing_secret": Secret("o")})) for press in presses)
    assert not replace(presses[0], action="still_broken").is_of(SLACK)


@pytest.mark.parametrize("kind", [*PROOFS, "webhook"])
def test_none_where_no_press_comes_back(kind: str) -> None:
    """Without what proves a callback none is taken, so a button would do nothing; nor without an incident."""
    assert buttons(asking("acknowledge"), Channel(name="c", type=kind)) == ()
    assert buttons(asking("acknowledge"), Channel(name="c", type=kind, settings={"signing_secret": ""})) == ()
    assert buttons(replace(asking("acknowledge"), incident=""), SLACK) == ()
    assert buttons(asking(), SLACK) == ()


def test_channels_of_one_app() -> None:
    """A channel that names no secret, or the same, is of the same app; one of another type or secret is not."""
    bare, other = replace(SLACK, settings={}), replace(SLACK, settings={"signing_secret": Secret("o")})
    assert of_one_tool(SLACK, bare)
    assert of_one_tool(SLACK, replace(SLACK, name="second"))
    assert not of_one_tool(SLACK, other)
    assert not of_one_tool(SLACK, Channel(name="c", type="telegram"))
    assert not hears(bare)
