"""The channel ``http``: a request of any shape, as a rule file describes it. What is in its templates is looked at
where they are filled in."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from tocsin._core.events import Event
from tocsin._plan import shapes
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Header, HeaderName, Jmespath, Plain, SecretText, Url
from tocsin._plan.http_channel import HttpChannel
from tocsin._plan.plain_channels import settable


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _method(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3,20}", value) or value in ("CONNECT", "TRACE"):
        raise _error("must be a method of HTTP in capitals, such as GET, POST or PUT")
    return value


def _content_type(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)?", value, re.ASCII):
        raise _error("must be a type of content, such as application/json or application/x-www-form-urlencoded")
    return value


def _variable(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[a-z][a-z0-9_]{0,39}", value):
        raise _error("a name of a secret is of small letters, digits and underscores, so that templates can say it")
    return value


def _status(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 499 or value == 429:
        raise _error("must be a status that an answer may have, such as 200, 201 or 409")
    return value


Method = Annotated[str, PlainValidator(_method), shapes.METHOD]
ContentType = Annotated[str, PlainValidator(_content_type), shapes.CONTENT_TYPE]
Variable = Annotated[str, PlainValidator(_variable), shapes.VARIABLE]
Status = Annotated[int, PlainValidator(_status), shapes.STATUS]


class RequestEntry(Entry):
    """What differs for the notices of one event; what is left out is as in the channel."""

    method: Method | None = None
    """The method."""
    path: Plain | None = None
    """A template of what goes behind the address."""
    query: dict[Plain, Plain] | None = None
    """Templates of parameters, by name."""
    body: Plain | None = None
    """A template of the body."""


class RequestChannel(HttpChannel):
    """Makes a request of any shape."""

    type: Literal["http"]
    """What kind of channel it is."""
    url: Url
    """The address that is called; http or https."""
    method: Method | None = None
    """The method of HTTP; `POST` by default."""
    path: Plain | None = None
    """A template of what goes behind the address, beginning with a slash; each value is one step of it."""
    query: dict[Plain, Plain] | None = None
    """Templates of parameters in the address, by name."""
    body: Plain | None = None
    """A template of the body; left out, the notice in JSON, as a webhook is sent it."""
    content_type: ContentType | None = None
    """What the body is, and so how values in it are escaped; `application/json` by default."""
    headers: Annotated[dict[HeaderName, Header], AfterValidator(settable)] | None = None
    """Further headers by name; those that Tocsin sets itself are refused."""
    secrets: dict[Variable, SecretText] | None = None
    """Secrets for the templates, by name, as in `{{ secrets.key }}`; no error shows them."""
    on: dict[Event, RequestEntry] | None = None
    """What differs for single events: `method`, `path`, `query` or `body`."""
    success: Annotated[list[Status], Field(min_length=1)] | None = None
    """Statuses that are a yes; by default all from 200 to 299."""
    accepted: Jmespath | None = None
    """A JMESPath expression over the answer in JSON that must hold, for a tool that says no with status 200."""
    thread: Jmespath | None = None
    """A JMESPath expression over the answer: what templates about the same incident know as `thread` from then on."""

    def settings(self) -> dict[str, Any]:
        """The settings of the type alone, those that were given."""
        settings = super().settings()
        if self.on is not None:
            settings["on"] = {event: entry.model_dump(exclude_none=True) for event, entry in self.on.items()}
        return settings
