"""One alert in the form that Prometheus and Alertmanager share, checked and made ours.

In comes a ``Posted``, decoded by its types (the quick way), or a plain JSON value (the careful way, for a
payload in which something is wrong); out goes an ``Alert``, or ``Refused`` with a closed reason, the place
in the alert and what is wrong there. Labels with an empty value mean the same as no label and are left out.
Text beyond the limits is refused in labels, which are identity, and cut in annotations, which are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from tocsin._core.model import Alert, RejectReason
from tocsin._core.times import Millis, parse_time

MAX_LABELS = 128
MAX_TEXT = 64 * 1024
"""Bytes of UTF-8 in a label's name, a label's value, an annotation or a generator's URL."""

ZERO_TIME: Millis = parse_time("0001-01-01T00:00:00Z")
"""Go's zero time, which stands for no time."""

LAST_TIME: Millis = parse_time("9999-12-31T23:59:59.999Z")
"""The last time that can be written in UTC; a zone's offset can push a readable time behind it."""

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


class Posted(msgspec.Struct, gc=False):
    """An alert as posted; the fields bear the payload's names. ``status`` is ``None`` where it has none."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    startsAt: str | None = None  # noqa: N815
    endsAt: str | None = None  # noqa: N815
    generatorURL: str | None = None  # noqa: N815
    status: str | None = None


class Refused(Exception):
    """This alert cannot be taken. ``path`` is the place in it (``.labels.severity``)."""

    def __init__(self, reason: RejectReason, path: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.path = path


def to_alert(posted: Posted, *, source: str, received_at: Millis, firing: bool | None, truncated: int = 0) -> Alert:
    """Check one alert. ``firing`` is what the payload's status says, ``None`` to go by ``endsAt``."""
    labels = checked_labels(posted.labels or {})
    starts_at = _time(posted.startsAt, ".startsAt")
    ends_at = _time(posted.endsAt, ".endsAt")
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise Refused(RejectReason.ENDS_BEFORE_START, ".endsAt", f"{posted.endsAt} is before startsAt")
    return Alert(
        source=source,
        labels=labels,
        annotations=cut(posted.annotations or {}),
        firing=ends_at is None or ends_at > received_at if firing is None else firing,
        starts_at=starts_at,
        ends_at=ends_at,
        generator_url=cut_text(posted.generatorURL or ""),
        received_at=received_at,
        truncated=truncated,
    )


def careful(value: object) -> Posted:
    """Read a plain JSON value as an alert; ``Refused`` says what is wrong with it and where."""
    if not isinstance(value, dict):
        raise Refused(RejectReason.NOT_AN_OBJECT, "", f"expected an object with labels, got {kind(value)}")
    url = value.get("generatorURL")
    return Posted(
        labels=_strings(value, "labels", RejectReason.LABEL),
        annotations=_strings(value, "annotations", RejectReason.ANNOTATION),
        startsAt=_string(value, "startsAt", RejectReason.TIME),
        endsAt=_string(value, "endsAt", RejectReason.TIME),
        generatorURL=whole(url) if isinstance(url, str) else None,
        status=_string(value, "status", RejectReason.STATUS),
    )


def kind(value: object) -> str:
    """What a JSON value is, in words for an error."""
    if value is None:
        return "null"
    for types, words in ((bool, "true or false"), ((int, float), "a number"), (str, "a string"), (list, "a list")):
        if isinstance(value, types):
            return words
    return "an object"


def shown(text: str) -> str:
    """A foreign text for an error: quoted, escaped, and cut to a size that fits a line."""
    return json.dumps(text if len(text) <= 64 else text[:63] + "…", ensure_ascii=False)


def checked_labels(labels: dict[str, str]) -> dict[str, str]:
    """The labels without empty ones. Raises ``Refused`` for none, too many or too long ones."""
    values = labels.values()
    if "" in values:
        labels = {name: value for name, value in labels.items() if value}
        values = labels.values()
    if not labels:
        raise Refused(RejectReason.NO_LABELS, ".labels", "an alert needs at least one label with a value")
    if len(labels) > MAX_LABELS:
        raise Refused(RejectReason.TOO_MANY_LABELS, ".labels", f"{len(labels)} labels; at most {MAX_LABELS} are taken")
    if "" in labels:
        raise Refused(RejectReason.LABEL, '.labels[""]', "a label's name must not be empty")
    # A character is at most four bytes, so that nearly always one look at the longest settles it.
    if max(map(len, labels)) > MAX_TEXT // 4 or max(map(len, values)) > MAX_TEXT // 4:
        _refuse_long(labels)
    return labels


def _refuse_long(labels: Mapping[str, str]) -> None:
    for name, value in labels.items():
        for what, text in (("name", name), ("value", value)):
            size = len(text.encode())
            if size > MAX_TEXT:
                message = f"the label's {what} has {size} bytes; at most {MAX_TEXT} are taken"
                raise Refused(RejectReason.LABEL_TOO_LONG, member("labels", name), message)


def cut(annotations: dict[str, str]) -> dict[str, str]:
    """The annotations, each cut to its limit."""
    if annotations and max(map(len, annotations.values())) > MAX_TEXT // 4:
        return {name: cut_text(value) for name, value in annotations.items()}
    return annotations


def cut_text(text: str) -> str:
    """A text cut to the limit."""
    if len(text) <= MAX_TEXT // 4:
        return text
    return text.encode()[:MAX_TEXT].decode("utf-8", "ignore")


def _time(text: str | None, path: str) -> Millis | None:
    if text is None:
        return None
    try:
        return _read_time(text)
    except ValueError:
        message = f"{shown(text)} is no RFC 3339 time, as in 2026-12-05T01:00:00Z"
        raise Refused(RejectReason.TIME, path, message) from None


@lru_cache(maxsize=4096)
def _read_time(text: str) -> Millis | None:
    # The alerts of one evaluation share their times, and a repeated alert keeps its own: worth remembering.
    at = parse_time(text)
    if at > LAST_TIME:
        raise ValueError("later than can be written")
    return at if at > ZERO_TIME else None


def _strings(alert: Mapping[str, Any], field: str, reason: RejectReason) -> dict[str, str] | None:
    members = alert.get(field)
    if members is None:
        return None
    if not isinstance(members, dict):
        raise Refused(reason, f".{field}", f"expected an object of strings, got {kind(members)}")
    for name, value in members.items():
        if not isinstance(value, str):
            raise Refused(reason, member(field, name), f"expected a string, got {kind(value)}")
    return {whole(name): whole(value) for name, value in members.items()}


def _string(alert: Mapping[str, Any], field: str, reason: RejectReason) -> str | None:
    value = alert.get(field)
    if value is not None and not isinstance(value, str):
        raise Refused(reason, f".{field}", f"expected a string, got {kind(value)}")
    return None if value is None else whole(value)


def member(field: str, name: str) -> str:
    """The path of a field's member."""
    name = whole(name)
    return f".{field}.{name}" if _PLAIN_NAME.fullmatch(name) else f".{field}[{shown(name)}]"


def whole(text: str) -> str:
    """The text with halves of surrogate pairs replaced by U+FFFD, as Go's decoder does: they are no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
