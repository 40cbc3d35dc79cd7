"""What an ``http`` channel asks: templates of a path, a query and a body, filled in with a message.

What people and alerts say is data there too. Each value is escaped for the place where it stands: between the quotes
of JSON, in a form, in XML, as one step of a path. So no value can add a key, a parameter or a step; a template need
not think of it, and cannot forget it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import quote, quote_plus

from tocsin._core.message import Message
from tocsin.send.endpoint import in_json
from tocsin.send.sandbox import Lenient, Sandbox, Template, TemplateFailed
from tocsin.send.template import Kind, compile_template

Context = Literal["json", "form", "xml", "path", "plain"]
"""Where a value stands."""

JSON = "application/json"
LARGEST_BODY = 1 << 20
_LARGEST_PART = 16 * 1024
_WITH_BODY = ("POST", "PUT", "PATCH")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_INCIDENT = (
    "id", "revision", "key", "class", "secondary_classes", "tier", "state", "signals", "title", "services",
    "environment", "vendor", "location", "started_at", "rule", "acknowledged_by", "next_update_due", "follows",
    "outcome", "contract", "acknowledge_by", "restore_by", "acknowledged_at", "restored_at",
)  # fmt: skip
_RTO = ("target_seconds", "deadline", "consumed_ratio")
_ALERT = ("labels", "annotations", "status", "starts_at", "ends_at", "generator_url", "fingerprint")
_MENTION = ("person", "title", "mobile", "email", "account")
_TEXTS = (
    *("id", "event", "group", "language", "at", "subject", "text", "plain", "reason", "thread"),
    *("tier", "sequence", "drill", "over"),
)

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, Kind("text")),
    "incident": Kind("mapping", _INCIDENT),
    "rto": Kind("mapping", _RTO),
    "alerts": Kind("list", _ALERT),
    "mentions": Kind("list", _MENTION),
    "links": Kind("open"),
    "notice": Kind("open"),
}
"""The variables, beside ``secrets``."""


class _Escaped(str):
    """A text that is fit for its place as it is."""

    __slots__ = ()


def context_of(content_type: str) -> Context:
    """Where the values of a body of this type stand."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    return "xml" if kind.endswith(("/xml", "+xml", "/html")) else "plain"


def part(text: str, context: Context, secrets: Iterable[str]) -> Template:
    """A template of a part. Raises ``TemplateFault``."""
    known = {**KINDS, "secrets": Kind("mapping", tuple(secrets))}
    return compile_template(text, _sandbox(context), known=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of the tool; ``path`` goes behind that of the channel's address."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A request with its templates, ready to be filled in."""

    method: str
    content_type: str
    path: Template | None
    query: Mapping[str, Template]
    body: Template | None

    @classmethod
    def of(cls, written: Mapping[str, Any], *, content_type: str, secrets: Iterable[str]) -> Form:
        """The form of what a plan has written. Raises ``TemplateFault``."""
        names = tuple(secrets)
        path, body = written.get("path"), written.get("body")
        return cls(
            method=written.get("method", "POST"),
            content_type=content_type,
            path=None if path is None else part(path, "path", names),
            query={name: part(text, "plain", names) for name, text in written.get("query", {}).items()},
            body=None if body is None else part(body, context_of(content_type), names),
        )

    def fill(self, message: Message, secrets: Mapping[str, str]) -> Request:
        """The request for a message: without a template, its body is the notice in JSON where the method has one.
        Raises ``TemplateFailed``."""
        values = values_of(message, secrets)
        content_type, body = self.content_type, None
        if self.body is not None:
            body = _unicode(_filled("body", self.body, values, LARGEST_BODY)).encode()
        elif self.method in _WITH_BODY:
            content_type, body = JSON, in_json(dict(message.body))
        path = "" if self.path is None else _filled("path", self.path, values, _LARGEST_PART)
        if path and not path.startswith("/"):
            raise TemplateFailed("`path` does not begin with a slash")
        if {".", ".."} & set(path.split("/")):
            raise TemplateFailed("`path` has a step of dots alone, which would lead elsewhere")
        query = {
            name: _unicode(_filled(f"query.{name}", template, values, _LARGEST_PART))
            for name, template in self.query.items()
        }
        return Request(method=self.method, path=path, query=query, body=body, content_type=content_type)


def forms_of(settings: Mapping[str, Any]) -> tuple[Form, dict[str, Form]]:
    """The form of a channel, and those of single events. Raises ``TemplateFault``."""
    content_type, secrets = settings.get("content_type", JSON), settings.get("secrets", {})
    on = settings.get("on", {})
    written = {name: settings[name] for name in ("method", "path", "query", "body") if name in settings}
    return (
        Form.of(written, content_type=content_type, secrets=secrets),
        {event: Form.of({**written, **own}, content_type=content_type, secrets=secrets) for event, own in on.items()},
    )


def values_of(message: Message, secrets: Mapping[str, str]) -> dict[str, Any]:
    """What templates may show of a message."""
    body = message.body
    incident = body.get("incident", {})
    return {
        **{name: body.get(name, "") for name in ("language", "at", "reason", "sequence", "drill")},
        "id": message.id,
        "event": message.event,
        "group": message.group,
        "subject": message.subject,
        "text": message.text,
        "plain": message.plain or message.text,
        "thread": message.thread,
        "tier": message.tier,
        "over": message.is_over,
        "incident": Lenient(incident),
        "rto": Lenient(incident.get("rto", {})),
        "alerts": [Lenient({**alert, "labels": Lenient(alert["labels"])}) for alert in body.get("alerts", ())],
        "mentions": [{name: getattr(each, name) for name in _MENTION} for each in message.mentions],
        "links": Lenient(body.get("links", {})),
        "notice": Lenient(body),
        "secrets": dict(secrets),
    }


def _filled(name: str, template: Template, values: Mapping[str, Any], most: int) -> str:
    try:
        return template.text(values, most)
    except TemplateFailed as error:
        raise TemplateFailed(f"`{name}`: {error}") from None


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _plain(value: Any) -> str:
    """A value as a text: nothing is empty, a list its items."""
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return ", ".join(_plain(each) for each in value)
    return "" if value is None else json.dumps(value, ensure_ascii=False)


_ESCAPES: Mapping[Context, Callable[[str], str]] = {
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "form": lambda text: quote_plus(text, errors="replace"),
    "xml": lambda text: html.escape(_NOT_IN_XML.sub("", text)),
    "path": lambda text: quote(text, safe="", errors="replace"),
    "plain": str,
}


@cache
def _sandbox(context: Context) -> Sandbox:
    escape = _ESCAPES[context]

    def show(value: Any) -> str:
        return str(value) if isinstance(value, _Escaped) else escape(_plain(value))

    def in_whole(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False)
        return _Escaped(text) if context == "json" else text

    def encoded(value: Any) -> str:
        return _Escaped(quote(_plain(value), safe="", errors="replace"))

    return Sandbox(", ".join, show=show, filters={"json": in_whole, "urlencode": encoded})
