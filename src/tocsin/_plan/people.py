"""People and teams as a rule file writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from tocsin._core.model import Text
from tocsin._core.people import Person, Team
from tocsin._core.plan import Language
from tocsin._plan import shapes
from tocsin._plan.entry import Entry, GroupName
from tocsin._plan.fields import AddressName, Name, SecretText, Title, Zone, name_of, text_of


def _person_name(value: object) -> str:
    name = name_of(value)
    if name.lower().startswith("system:"):
        said = f"`{name}` is no person's name: those that begin with system: are Tocsin's own"
        raise PydanticCustomError("value", "{said}", {"said": said})
    return name


PersonName = Annotated[str, PlainValidator(_person_name), shapes.PERSON_NAME]


def _email(value: object, info: ValidationInfo) -> str:
    text = text_of(value, info)
    if text and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise PydanticCustomError("value", "{said}", {"said": "must be one address, as in li.na@example.org"})
    return text


Email = Annotated[str, PlainValidator(_email), shapes.EMAIL]


class PersonEntry(Entry):
    """Somebody who may act."""

    title: Title | None = None
    """Their name for people."""
    groups: Annotated[list[GroupName], Field(min_length=1)]
    """The groups that they act for; at least one."""
    mobile: SecretText | None = None
    """Their telephone number, by which a channel may mention them."""
    email: Email | None = None
    """Their address of e-mail, by which a channel may mention them."""
    token: SecretText | None = None
    """The secret that proves who they are: with it they may read and act."""
    accounts: dict[AddressName, Name] | None = None
    """What they are called at the tools of channels, by type of channel, as in `slack: U02ABCDEF`."""


class TeamEntry(Entry):
    """Those of a group who look after some services."""

    group: GroupName
    """The group that they are of."""
    channels: Annotated[list[Name], Field(min_length=1)]
    """Names of the channels that are told in place of the group's; at least one."""
    title: Title | None = None
    """The team's name for people."""
    language: Language | None = None
    """The language of its notices, where it differs from the group's: `en` or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in its notices, where it differs from the group's."""


def people(entries: Mapping[str, PersonEntry]) -> dict[str, Person]:
    """The people as values."""
    return {
        name: Person(
            name=name,
            title=entry.title or Text(name, name),
            groups=tuple(dict.fromkeys(entry.groups)),
            mobile=entry.mobile,
            token=entry.token,
            email=entry.email or "",
            accounts=dict(entry.accounts or {}),
        )
        for name, entry in entries.items()
    }


def teams(entries: Mapping[str, TeamEntry]) -> dict[str, Team]:
    """The teams as values."""
    return {
        name: Team(
            name=name,
            group=entry.group,
            title=entry.title or Text(name, name),
            channels=tuple(entry.channels),
            language=entry.language,
            timezone=entry.timezone,
        )
        for name, entry in entries.items()
    }
