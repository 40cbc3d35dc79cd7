"""A message → what Telegram shows: its text in HTML, and its links as buttons.

What counts for Telegram's limit is what is left when the mark-up is taken away, in units of UTF-16. So text is cut
before it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from tocsin._core.message import Link, Mention, Message
from tocsin.send.fit import fit, fit_links, utf16
from tocsin.send.icon import icon
from tocsin.send.look import called, uncalled
from tocsin.send.press import Button

_MOST, _SUBJECT, _BUTTON, _IN_A_ROW = 4096, 400, 64, 2
_PEOPLE, _LINKS, _LINKS_BYTES, _USERNAME_AT_MOST = 15, 30, 1500, 34
"""So many people and links, and so long, that all have room whatever they are called."""

_NUMBER = re.compile(r"\d{1,19}", re.ASCII)
_USERNAME = re.compile(r"@?([A-Za-z]\w{4,31})", re.ASCII)


def text(message: Message, *, has_buttons: bool) -> str:
    """In HTML: the subject, who is called, the text, and the links where they cannot be buttons."""
    subject = uncalled(fit(f"{icon(message)} {message.subject}", _SUBJECT, utf16))
    people = message.mentions[:_PEOPLE]
    links = () if has_buttons else fit_links(message.links[:_LINKS], _LINKS_BYTES)
    listed = "".join(f"\n{uncalled(link.title)}: {link.url}" for link in links)
    taken = utf16(subject) + sum(utf16(called(each)) + _USERNAME_AT_MOST for each in people) + utf16(listed)
    below = fit(uncalled(message.below), _MOST - taken - 4, utf16)
    parts = (f"<b>{_escaped(subject)}</b>", " ".join(map(_mention, people)), _escaped(below + listed))
    return "\n".join(filter(None, parts))


def keyboard(links: Sequence[Link], presses: Sequence[Button]) -> list[list[dict[str, str]]]:
    """Rows of buttons: those that act where they are pressed, then the links."""
    acting = [{"text": each.title, "callback_data": each.value} for each in presses]
    leading = [{"text": fit(link.title, _BUTTON, utf16), "url": link.url} for link in links]
    return [row[at : at + _IN_A_ROW] for row in (acting, leading) for at in range(0, len(row), _IN_A_ROW)]


def _mention(mention: Mention) -> str:
    if _NUMBER.fullmatch(mention.account):
        return f'<a href="tg://user?id={mention.account}">{_escaped(uncalled(called(mention)))}</a>'
    if found := _USERNAME.fullmatch(mention.account):
        return f"@{found[1]}"
    return _escaped(uncalled(called(mention)))


def _escaped(said: str) -> str:
    return escape(said, quote=False)
