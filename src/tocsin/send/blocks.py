"""A message → Slack's blocks: its title, its text, its links as buttons, and how the incident stands.

Text of others stands where Slack parses nothing (``rich_text``), or as plain text with the three characters escaped
from which Slack makes mentions and links.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tocsin._core.message import Link, Mention, Message
from tocsin.send.fit import fit, utf16
from tocsin.send.icon import icon
from tocsin.send.look import called, colour, parts
from tocsin.send.press import Button

_HEADER, _BODY, _FALLBACK, _BUTTON, _BUTTONS = 150, 3000, 1000, 75, 25
"""How long each text may be, and how many buttons there may be."""

_ACCOUNT = re.compile(r"[UWS][A-Z0-9]{2,20}", re.ASCII)

Block = dict[str, Any]


def card(message: Message, presses: Sequence[Button] = ()) -> dict[str, Any]:
    """The message in blocks, with buttons that act where they are pressed; and as a text for those who see no blocks: a
    lock screen, a screen reader."""
    subject = f"{icon(message)} {message.subject}"
    told = parts(message)
    elements = [element for mention in message.mentions for element in (_mention(mention), _text(" "))]
    if told.rest:
        elements.append(_text(fit(told.rest, _BODY, utf16)))
    blocks: list[Block] = [{"type": "header", "text": _plain(subject, _HEADER)}]
    if elements:
        section = {"type": "rich_text_section", "elements": elements}
        blocks.append({"type": "rich_text", "elements": [section]})
    links = [_button(link, is_first=not presses) for link in message.links]
    if buttons := [*map(_press, presses), *links][:_BUTTONS]:
        blocks.append({"type": "actions", "elements": buttons})
    text = _plain(f"{subject}\n{told.rest}", _FALLBACK)["text"]
    return {"text": text, "mrkdwn": False, "blocks": blocks, "attachments": [standing(message)]}


def standing(message: Message) -> Block:
    """How the incident stands, beside a bar of its colour."""
    state = parts(message).state or message.subject
    section = {"type": "section", "text": _plain(f"{icon(message)} {state}", _BODY)}
    return {"color": f"#{colour(message):06x}", "fallback": _plain(state, _FALLBACK)["text"], "blocks": [section]}


def _press(button: Button) -> Block:
    name = f"press-{button.action}"
    made = {"type": "button", "action_id": name, "text": _plain(button.title, _BUTTON), "value": button.value}
    return {**made, "style": "primary"} if button.is_first else made


def _button(link: Link, *, is_first: bool) -> Block:
    button = {"type": "button", "action_id": f"link-{link.name}", "text": _plain(link.title, _BUTTON), "url": link.url}
    return {**button, "style": "primary"} if link.name == "respond" and is_first else button


def _mention(mention: Mention) -> Block:
    if not _ACCOUNT.fullmatch(mention.account):
        return _text(f"@{called(mention)}")
    if mention.account.startswith("S"):
        return {"type": "usergroup", "usergroup_id": mention.account}
    return {"type": "user", "user_id": mention.account}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _plain(text: str, most: int) -> Block:
    """Text without mark-up, cut so that it has room once it is escaped."""
    cut = fit(text, most, lambda part: utf16(_escaped(part)))
    return {"type": "plain_text", "text": _escaped(cut), "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
