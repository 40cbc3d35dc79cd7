"""The fields of an action or a declaration as options of a command, and what was typed as the API's JSON.

The fields are those that the API reads (``fields_of``), so that neither can have one that the other lacks. A field
``for_seconds`` is typed ``--for 30m``; of a time, RFC 3339 or a span from now: ahead, or back where only what has been
makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click
import msgspec

from tocsin._core.action import LONGEST_SPAN
from tocsin._core.fields import Field, fields_of
from tocsin._core.times import SECOND, format_duration, format_time, parse_duration, parse_time
from tocsin.client.wording import help_of

_SECONDS = "_seconds"
_PAST = ("at", "started_at")
"""Times that have been: their span is counted back from now."""


class Moment(click.ParamType[str]):
    """A time: RFC 3339, or a span before (``back``) or after now. Answers RFC 3339."""

    def __init__(self, *, back: bool) -> None:
        self.name = "TIME|AGO" if back else "TIME|SPAN"
        self._sign = -1 if back else 1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it, or say what is wrong."""
        text = str(value).strip()
        try:
            if not re.fullmatch(r"[0-9smhd]+", text):
                return format_time(parse_time(text))
            from tocsin._core.clock import StoreClock

            return format_time(StoreClock().now() + self._sign * parse_duration(text))
        except (ValueError, OverflowError):
            where = "a span back from now" if self._sign < 0 else "a span from now on"
            self.fail(f"{text!r} is neither a time, as in 2026-12-05T01:00:00Z, nor {where}, as in 1h30m", param, ctx)


class Seconds(click.ParamType[int]):
    """A span such as ``30m``. Answers whole seconds."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or say what is wrong."""
        if isinstance(value, int):
            return value
        try:
            span = parse_duration(str(value).strip())
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if span % SECOND:
            self.fail(f"{format_duration(span)} is not a whole number of seconds", param, ctx)
        if not 1 <= span // SECOND <= LONGEST_SPAN:
            self.fail(
                f"{format_duration(span)} is not between 1s and {format_duration(LONGEST_SPAN * SECOND)}", param, ctx
            )
        return span // SECOND


def flag_of(field: str) -> str:
    """The option for a field, by its name in JSON."""
    return "--" + field.removesuffix(_SECONDS).replace("_", "-")


def flags_of(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The options for all fields of a struct, and for what every act takes, by their names in JSON."""
    fields = {field.name: flag_of(field.name) for field in fields_of(struct)}
    return {**fields, "by": "--as", "group": "--group", "if_revision": "--if-revision"}


def options_of(struct: type[msgspec.Struct], command: str) -> list[click.Parameter]:
    """An option for each field: the required ones first, those that it shares with others last."""
    own = struct.__annotations__
    fields = sorted(fields_of(struct), key=lambda field: (not field.required, field.attribute not in own))
    return [_option(field, help_of(command, field.name)) for field in fields]


def body_of(struct: type[msgspec.Struct], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, by the names in JSON; what was not is left out."""
    typed = {field.name: given[field.attribute] for field in fields_of(struct)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in typed.items() if _said(value)}


def _said(value: Any) -> bool:
    return value is not None and value != ()


def _option(field: Field, text: str) -> click.Option:
    flag = flag_of(field.name)
    if field.kind == "flag":
        return click.Option([f"{flag}/--no-{flag[2:]}", field.attribute], default=None, help=text)
    repeated = field.kind == "lines"
    if repeated:
        text = f"{text.rstrip('.')}; may be given several times."
    return click.Option(
        [flag, field.attribute], type=_type(field), required=field.required, multiple=repeated, help=text
    )


def _type(field: Field) -> click.ParamType[Any] | Sequence[str] | None:
    if field.kind == "moment":
        return Moment(back=field.name in _PAST)
    if field.kind == "number":
        return Seconds() if field.name.endswith(_SECONDS) else click.IntRange(1)
    if field.kind == "choice":
        return click.Choice(field.choices)
    return None
