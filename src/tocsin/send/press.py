"""The buttons of a message that act where they are pressed, for the tools that can bring a press back to us.

A message that asks for something has a button for each answer that needs no words; the others are given on the page
behind its link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.press import hears, value_of

_ANSWERS: Mapping[str, tuple[str, ...]] = {"acknowledge": ("acknowledge",), "restore": ("restore", "still_broken")}
"""What is pressed in answer to what is asked; the first is what is hoped for."""

_TITLES: Mapping[str, Mapping[str, str]] = {
    "en": {"acknowledge": "Acknowledge", "restore": "It is restored", "still_broken": "It is still broken"},
    "zh": {"acknowledge": "确认收到", "restore": "已恢复", "still_broken": "仍未恢复"},
}


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its action, what people read, and what comes back. ``is_first`` is the answer that is hoped for."""

    action: str
    title: str
    value: str
    is_first: bool


def buttons(message: Message, channel: Channel) -> tuple[Button, ...]:
    """The buttons of a message on a channel; none where its tool brings nothing back, or where nothing is asked."""
    if not message.incident or not hears(channel):
        return ()
    titles = _TITLES["zh" if message.body.get("language") == "zh" else "en"]
    answers = [_ANSWERS.get(ask, ()) for ask in message.body.get("asks", ())]
    return tuple(
        Button(action, titles[action], value_of(action, message.id, channel), place == 0)
        for answer in answers
        for place, action in enumerate(answer)
    )
