"""What a channel is given to send, and what every kind of channel is: the contract of step 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tocsin._core.times import Millis

_OVER = ("restored", "closed")
_TIERS: tuple[Literal["high", "medium", "low"], ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that a notice shows. ``name`` is a word such as ``respond`` or ``runbook``, ``title`` what people
    read, in the notice's language."""

    name: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A person whom a message calls by name. What is not known of them is empty; ``account`` is their name or number
    at the tool that carries the message."""

    person: str
    title: str = ""
    mobile: str = ""
    email: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One delivery, rendered. ``id`` is the delivery's, the same on every try; ``body`` is what A6 of the
    contract calls a notice's body, JSON-ready, with ``subject`` and ``text`` in it too.

    ``plain`` is the text without its lines that are links, and ``links`` are those, for tools that show buttons.
    ``incident`` is ``""`` where the message is about more than one. ``thread`` is what the sender answered to the last
    message about the incident that this channel took, ``""`` where this is the first, or where it answers nothing.
    """

    id: str
    event: str
    group: str
    incident: str
    subject: str
    text: str
    body: Mapping[str, Any]
    plain: str = ""
    links: tuple[Link, ...] = ()
    mentions: tuple[Mention, ...] = ()
    thread: str = ""

    @property
    def below(self) -> str:
        """``plain`` without the title that it begins with, which the subject says too: what stands below a subject."""
        titled, bar, rest = self.plain.partition(f" | {self.incident} ")
        if self.incident and bar and self.subject.startswith(titled):
            return f"{self.incident} {rest}"
        return self.plain.removeprefix(f"{self.subject} | ").removeprefix(f"{self.subject}\n").lstrip("\n")

    @property
    def tier(self) -> str:
        """``high``, ``medium`` or ``low``; ``""`` where it is about no incident."""
        return str(self.body.get("incident", {}).get("tier", ""))

    @property
    def is_over(self) -> bool:
        """Whether it says that the incident is restored or closed, so that nothing is asked any more."""
        return self.body.get("incident", {}).get("state") in _OVER

    @property
    def tone(self) -> Literal["over", "high", "medium", "low", ""]:
        """How it should look: as its tier, as what is over, or as what is about no incident; of several incidents, as
        the highest that is not over."""
        bodies = (self.body, *self.body.get("notices", ()))
        incidents = [body["incident"] for body in bodies if body.get("incident")]
        tiers = {each.get("tier") for each in incidents if each.get("state") not in _OVER}
        if incidents and not tiers:
            return "over"
        return next((tier for tier in _TIERS if tier in tiers), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of trying a channel, by a test or a quiet check. ``ok`` is ``None`` where it cannot be asked; ``error``
    says why not, ``seconds`` how long it took."""

    at: Millis
    ok: bool | None
    seconds: float
    error: str = ""


class Sender(Protocol):
    """One channel, ready to send."""

    async def send(self, message: Message) -> str:
        """Return once the channel has said yes: the thread that the next message about the incident is to follow, in
        the tool's own words; ``""`` where it has no such thing. Raises ``TrySendAgain`` or ``SendRefused``, nothing
        else."""
        ...

    async def check(self) -> bool:
        """Ask the tool, without a message, whether it would take one; ``False`` where it cannot be asked. Raises as
        ``send`` does."""
        ...

    async def close(self) -> None:
        """Give back connections and files."""
        ...
