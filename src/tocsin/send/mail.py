"""A message as a mail: plain text and HTML, in one thread for each incident. Pure.

All mails about an incident on a channel answer one that was never sent, whose id is made of both; so mail programs show
them as a thread from the first on, whatever order they come in. The subject begins with the incident's id. Everything
put into the HTML is escaped; it loads nothing from anywhere. Headers are written here and not by the standard library,
which folds ids that must stay whole, and begins a long subject with a space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.charset import SHORTEST, Charset
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from tocsin._core.clean import lines, one_line
from tocsin._core.ids import digest
from tocsin._core.message import Message
from tocsin._core.times import SECOND, Millis
from tocsin.send.fit import fit

POLICY = SMTP.clone(cte_type="7bit")
"""Lines as SMTP wants them, and no byte that an old server on the way would spoil."""

_UTF8 = Charset("utf-8")
_UTF8.header_encoding = SHORTEST
"""As the standard library has it, until another library in the process changes that for all."""

_SUBJECT = 250
_TEXT = 200_000
_COLOURS = {
    "high": ("#b3141c", "#ff9a96"),
    "medium": ("#8a5000", "#ffc36b"),
    "low": ("#3f5570", "#a9c1de"),
    "over": ("#0f6b35", "#7fdca0"),
    "": ("#4b5160", "#aeb4c0"),
}
"""By light and in the dark."""


def sender_of(text: str) -> Address:
    """Whom mails are from: an address, with or without a name."""
    name, address = parseaddr(text)
    return Address(name or "Tocsin", addr_spec=address)


def mail(
    message: Message, *, sender: Address, to: Sequence[str], cc: Sequence[str], channel: str, now: Millis
) -> bytes:
    """The mail of a message, ready to be handed over."""
    text = "\n".join(lines(fit(message.below.replace("\r", ""), _TEXT)))
    calls = " ".join(f"@{one_line(each.title or each.person)}" for each in message.mentions)
    body = EmailMessage(policy=POLICY)
    body.set_content(_plain(message, text, calls))
    body.add_alternative(_html(message, text, calls), subtype="html")
    subject = fit(one_line(f"{message.incident} {message.subject}".strip(), 1000), _SUBJECT)
    head = {
        "From": f"{_quoted(sender.display_name)} <{sender.addr_spec}>",
        "To": ",\r\n ".join(to),
        "Cc": ",\r\n ".join(cc),
        "Subject": _encoded("Subject", subject),
        "Date": format_datetime(datetime.fromtimestamp(now / SECOND, UTC)),
        **_ids(message, channel, sender.domain),
        "X-Tocsin-Event": message.event,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Importance": "high" if message.tone == "high" else "",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in head.items() if value).encode("ascii") + body.as_bytes()


def _ids(message: Message, channel: str, domain: str) -> dict[str, str]:
    """What makes a thread; such headers must never be folded."""
    named = {"Message-ID": f"<{message.id}@{domain}>"}
    if not message.incident:
        return named
    root = f"<{message.incident.lower()}.{digest((message.incident, channel), size=8)}@{domain}>"
    return {**named, "In-Reply-To": root, "References": root, "X-Tocsin-Incident": message.incident}


def _encoded(header: str, text: str) -> str:
    """Text on one line as a header may hold it: encoded where it is not ASCII, or looks as if it were encoded."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, _UTF8, maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _quoted(name: str) -> str:
    if not name.isascii() or "=?" in name:
        return _encoded("From", name)
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"'


def _plain(message: Message, text: str, calls: str) -> str:
    links = "\n".join(f"{one_line(link.title)}: {link.url}" for link in message.links)
    return "\n\n".join(part for part in (calls, text, links) if part) + "\n"


def _html(message: Message, text: str, calls: str) -> str:
    head, _, rest = text.partition("\n") if message.incident else ("", "", text)
    light, dark = _COLOURS[message.tone]
    return _page().render(
        language="zh" if message.body.get("language") == "zh" else "en",
        heading=one_line(message.subject, 1000),
        head=head,
        calls=calls,
        paragraphs=[part.strip("\n").split("\n") for part in rest.split("\n\n") if part.strip()],
        links=[
            {"title": one_line(link.title), "url": link.url, "answers": link.name == "respond"}
            for link in message.links
        ],
        colours={"light": light, "dark": dark},
    )


@cache
def _page() -> Template:
    """Compiled once a process."""
    places = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return places.from_string((resources.files("tocsin.send") / "mail.html").read_text("utf-8"))
