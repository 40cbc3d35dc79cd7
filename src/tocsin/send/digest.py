"""Several notices as one message: the most urgent first, each incident in one line, none left out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin._core.ids import digest
from tocsin._core.message import Link, Message
from tocsin._core.model import Tier
from tocsin.send.shipped import language_of

VERSION = "1"
"""Of the body: changes only when a field is removed or changes its meaning."""

BUTTONS = 5
"""Links that the message shows apart from its text."""


def merged(messages: Sequence[Message]) -> Message:
    """One message for all of these, which one channel is owed. Its language is the first one's; it follows no thread.

    Of several notices of one incident the last is told, and how many there are.
    """
    first = messages[0]
    words = language_of(first.body["language"]).words
    newest = {message.incident: message for message in messages}
    counts = {incident: sum(message.incident == incident for message in messages) for incident in newest}
    shown = sorted(newest.values(), key=lambda message: (-_rank(message), message.body["at"]))
    top = shown[0]
    said = words.digest.format(count=len(messages), incidents=len(newest))
    marks = words.bracket.format(words.tiers[Tier(top.tier)]) if top.tier else ""
    subject = words.titled.format(marks=marks, title=said) if marks else said
    lines, plain = [subject], [subject]
    for message in shown:
        more = f" ×{counts[message.incident]}" if counts[message.incident] > 1 else ""
        line = f"- {message.subject} | {message.incident}{more}"
        lines.append(line)
        plain.append(line)
        answer = _answer(message)
        if answer is not None and message.body["asks"]:
            lines.append(f"  {answer.title}: {answer.url}")
    answers = [(message.incident, answer) for message in shown if (answer := _answer(message)) is not None]
    text = "\n".join(lines)
    return Message(
        id=f"digest-{digest(sorted(message.id for message in messages))}",
        event="digest",
        group=first.group,
        incident="",
        subject=subject,
        text=text,
        plain="\n".join(plain),
        links=tuple(Link(name="respond", title=incident, url=each.url) for incident, each in answers[:BUTTONS]),
        mentions=tuple(dict.fromkeys(mention for message in shown for mention in message.mentions)),
        body=_body(first, shown, subject, text),
    )


def _body(first: Message, shown: Sequence[Message], subject: str, text: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "event": "digest",
        "at": max(message.body["at"] for message in shown),
        "group": first.group,
        "language": first.body["language"],
        "subject": subject,
        "text": text,
        "drill": all(message.body["drill"] for message in shown),
        "asks": [],
        "notices": [message.body for message in shown],
    }


def _rank(message: Message) -> int:
    return Tier(message.tier).rank if message.tier else 0


def _answer(message: Message) -> Link | None:
    return next((link for link in message.links if link.name == "respond"), None)
