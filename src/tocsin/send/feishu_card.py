"""A message as a card at Feishu or Lark: its header in the tier's colour, its text, who is called, and buttons.

All text of others is plain text in it, which mentions nobody and links nowhere. It is a card of the first schema, which
every client shows; those of the second are empty on clients before 7.20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tocsin._core.message import Link, Mention, Message
from tocsin.send.fit import fit_links
from tocsin.send.press import Button

_MOST_LINKS = 6_000
_COLOURS = {"high": "red", "medium": "orange", "low": "yellow", "over": "green"}
_ABOUT_NONE = "grey"
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def card(message: Message, below: str, presses: Sequence[Button] = ()) -> Mapping[str, Any]:
    """The card of a message, with this text below its subject, and buttons that act where they are pressed."""
    colour = _COLOURS.get(message.tone, _ABOUT_NONE)
    known = [mention for mention in message.mentions if _is_known(mention)]
    unknown = [f"@{mention.title or mention.person}" for mention in message.mentions if not _is_known(mention)]
    text = "\n".join(filter(None, [below or message.subject, " ".join(unknown)]))
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(text)}]
    if known:
        called = " ".join(f"<at id={mention.account}></at>" for mention in known)
        elements.append({"tag": "markdown", "content": called})
    links = fit_links(message.links, _MOST_LINKS)
    if buttons := [*map(_press, presses), *(_button(link, is_first=not presses) for link in links)]:
        elements.append({"tag": "action", "actions": buttons})
    return {
        "config": {"wide_screen_mode": True},
        "header": {"template": colour, "title": _plain(message.subject)},
        "elements": elements,
    }


def _is_known(mention: Mention) -> bool:
    """Whether it has an account that is one person's: ``all`` is everybody's."""
    return _ACCOUNT.fullmatch(mention.account) is not None and mention.account.lower() != "all"


def _plain(text: str) -> dict[str, Any]:
    return {"tag": "plain_text", "content": text}


def _press(button: Button) -> dict[str, Any]:
    look = "primary" if button.is_first else "default"
    return {"tag": "button", "type": look, "text": _plain(button.title), "value": {"press": button.value}}


def _button(link: Link, *, is_first: bool) -> dict[str, Any]:
    look = "primary" if link.name == "respond" and is_first else "default"
    return {"tag": "button", "type": look, "text": _plain(link.title), "url": link.url}
