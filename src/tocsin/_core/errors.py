"""The one error tree. Which branch an error is on says whether to try again.

::

    TocsinError
    ├── PlanError             the rule files are not sound; carries every problem     (exit code 78)
    ├── ConfigurationError    a flag, a variable or the machine is not as needed      (exit code 78)
    ├── StoreError
    │   ├── StoreUnavailable  out of reach, read-only, full or too slow               try again later
    │   └── StoreMismatch     another schema, or another number of shards             do not try again
    ├── SendError
    │   ├── TrySendAgain      5xx, 429, a broken connection, a timeout                try again, after ``retry_after``
    │   └── SendRefused       the channel says no for good                            do not try again
    ├── Unreadable            a payload is no JSON, or not of its source's shape      do not try again
    ├── InvalidRequest        a parameter is not as it should be; ``path`` names it
    ├── Unprocessable         an act that makes no sense; ``problems`` names each of its faults
    ├── Forbidden             an act that this person may not do to this incident
    ├── Conflict              an act that the incident, as it is now, does not take; ``current`` says how it is
    ├── Busy                  others were at it all the time                            try again at once
    └── NotFound              no incident, delivery or source of that name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin._core.problems import Problem


class TocsinError(Exception):
    """The root; its text is written for the person who reads it and holds no secret."""


class PlanError(TocsinError):
    """The rule files are not sound. ``problems`` lists all that were found, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ConfigurationError(TocsinError):
    """A flag, an environment variable or the machine is not as needed; the text says what to do."""


class StoreError(TocsinError):
    """Something about the store."""


class StoreUnavailable(StoreError):
    """The store is out of reach, read-only, full or too slow. Try again later."""


class StoreMismatch(StoreError):
    """The store holds what this version or setting cannot work with."""


class SendError(TocsinError):
    """A channel did not take a message. The text goes into the delivery's attempts. ``answer`` is the beginning of what
    its tool answered with a status that is a no: for the sender to find codes in, never to be shown."""

    answer: bytes = b""


class TrySendAgain(SendError):
    """The channel may take the message later. ``retry_after`` is in seconds, where the channel named it."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SendRefused(SendError):
    """The channel will not take this message however often it is sent."""


class Unreadable(TocsinError):
    """A payload as a whole cannot be read. ``path`` is the place in it (``$.alerts``), where there is one."""

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(message)
        self.path = path


class InvalidRequest(TocsinError):
    """A parameter of a request is not as it should be. ``path`` names it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class Unprocessable(TocsinError):
    """What a request asks for makes no sense. ``problems`` are pairs of path and message."""

    def __init__(self, message: str, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class Forbidden(TocsinError):
    """The person may not do this to the incident; the text says who may."""


class Conflict(TocsinError):
    """What a request asks for does not go with how things are now, which ``current`` says."""

    def __init__(self, message: str, current: Mapping[str, object]) -> None:
        super().__init__(message)
        self.current = current


class Busy(TocsinError):
    """Others worked on the same thing for too long. Nothing was done; try again."""


class NotFound(TocsinError):
    """No incident, delivery or source has this name."""
