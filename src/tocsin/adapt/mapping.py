"""Any JSON at all, by a source's own mapping: JMESPath expressions say where an alert's parts are.

In: a payload, and a ``Source`` with a ``SourceMapping``. ``alerts`` picks the alerts, the other expressions look at
one of them at a time; ``root()`` reaches the whole payload. A payload in which ``alerts`` finds nothing is
``Unreadable``, so that one of another shape is noticed; an alert that lacks its identity or status, or has
nothing of its labels, is rejected by itself with the expression and the path that was missing.

``trace`` does the same and tells every step, for people who are writing a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin._core.errors import Unreadable
from tocsin._core.expression import Evaluation, EvaluationError, Expression
from tocsin._core.model import Alert, Batch, Rejection, RejectReason
from tocsin._core.source import Source, SourceMapping, StatusMapping
from tocsin._core.times import Millis
from tocsin.adapt.payload import bounded, plain
from tocsin.adapt.posted import Refused, checked_labels, cut, cut_text, kind, shown, whole
from tocsin.adapt.values import integer, text_of, time_of

_Fields = Expression | Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Step:
    """One look into the payload: for which field of the alert (``labels.team``), by which expression, what it gave."""

    field: str
    expression: str
    value: Any


@dataclass(frozen=True, slots=True)
class Traced:
    """One of the payload's alerts: where it is, every step, and the alert or why there is none."""

    place: str
    steps: tuple[Step, ...]
    alert: Alert | None
    error: str


def decode(body: bytes, *, source: Source, received_at: Millis) -> Batch:
    """Read a payload by the source's mapping. Raises ``Unreadable`` if nothing in it is an alert."""
    reader = _Reader(body, source, received_at)
    alerts: list[Alert] = []
    rejected: list[Rejection] = []
    for index, (place, item) in enumerate(reader.items()):
        try:
            alerts.append(reader.alert(item))
        except Refused as refused:
            rejected.append(Rejection(index, refused.reason, _told(place, refused)))
    return Batch(len(alerts) + len(rejected), tuple(alerts), tuple(rejected))


def trace(body: bytes, *, source: Source, received_at: Millis) -> tuple[Traced, ...]:
    """The same, step by step. Raises ``Unreadable`` likewise."""
    reader = _Reader(body, source, received_at)
    traced = []
    for place, item in reader.items():
        reader.steps = []
        try:
            alert, error = reader.alert(item), ""
        except Refused as refused:
            alert, error = None, _told(place, refused)
        traced.append(Traced(place, tuple(reader.steps), alert, error))
    return tuple(traced)


def _told(place: str, refused: Refused) -> str:
    return f"{place}: {refused.path}: {refused}" if refused.path else f"{place}: {refused}"


class _Reader:
    """One payload. ``steps`` are noted once somebody sets them to a list."""

    def __init__(self, body: bytes, source: Source, received_at: Millis) -> None:
        if source.mapping is None:
            raise Unreadable(f"the source {source.name} has no mapping")
        self._mapping: SourceMapping = source.mapping
        self._source = source.name
        self._received_at = received_at
        self._payload = plain(body, parse_int=integer)
        self._evaluation = Evaluation(self._payload)
        self._place = "$"
        self.steps: list[Step] | None = None

    def items(self) -> Iterator[tuple[str, Any]]:
        """The payload's alerts, each with its place."""
        expression = self._mapping.alerts
        try:
            found = self._evaluation.search(expression, self._payload)
        except EvaluationError as error:
            raise Unreadable(f"`{expression.text}`: {error}", path="alerts") from None
        names = expression.path()
        plainly = names is not None or expression.text == "@"
        place = "$" + "".join(f".{name}" for name in names or ()) if plainly else f"`{expression.text}`"
        if isinstance(found, dict):
            self._place = place
            yield place, found
            return
        if not isinstance(found, list) or not found:
            got = "an empty list" if isinstance(found, list) else "nothing" if found is None else kind(found)
            missing = expression.missing_in(self._payload, "$") if found is None else place
            raise Unreadable(f"`{expression.text}` finds no alert in this payload: it gives {got}", path=missing)
        for index, item in enumerate(bounded(found, path=place)):
            self._place = f"{place}[{index}]"
            yield self._place, item

    def alert(self, item: Any) -> Alert:
        """One alert. Raises ``Refused``."""
        mapping = self._mapping
        labels = self._labels(item)
        identity = self._identity(item)
        firing = self._firing(mapping.status, item) if mapping.status else None
        starts_at = self._time("starts_at", mapping.starts_at, item)
        ends_at = self._time("ends_at", mapping.ends_at, item)
        if starts_at is not None and ends_at is not None and ends_at < starts_at:
            raise Refused(RejectReason.ENDS_BEFORE_START, "ends_at", "it is before starts_at")
        return Alert(
            source=self._source,
            labels=labels,
            annotations=cut(self._texts("annotations", mapping.annotations, item, RejectReason.ANNOTATION)),
            firing=ends_at is None or ends_at > self._received_at if firing is None else firing,
            starts_at=starts_at,
            ends_at=ends_at,
            generator_url=self._generator_url(item),
            received_at=self._received_at,
            identity=identity,
        )

    def _labels(self, item: Any) -> dict[str, str]:
        """The labels, filled by the defaults. Defaults and constants alone say nothing of the payload, so that without
        an identity more than those must be there."""
        written = self._mapping.labels
        labels = self._texts("labels", written, item, RejectReason.LABEL)
        looking = {} if isinstance(written, Expression) else {n: e for n, e in written.items() if not e.constant}
        if not self._mapping.identity and (not labels or (looking and not looking.keys() & labels.keys())):
            first = next(iter(looking.values())) if looking else written
            missing = first.missing_in(item, self._place) if isinstance(first, Expression) else "labels"
            raise Refused(RejectReason.NO_LABELS, "labels", f"none of them is in this payload; {missing} is missing")
        return checked_labels({**self._mapping.defaults, **labels})

    def _texts(self, name: str, written: _Fields, item: Any, reason: RejectReason) -> dict[str, str]:
        if isinstance(written, Expression):
            return self._object(name, written, item, reason)
        texts = {}
        for key, expression in written.items():
            text = self._text(f"{name}.{key}", expression, item, reason)
            if text:
                texts[key] = text
        return texts

    def _object(self, name: str, expression: Expression, item: Any, reason: RejectReason) -> dict[str, str]:
        found = self._look(name, expression, item)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise Refused(reason, name, f"`{expression.text}` gives {kind(found)}; labels are an object")
        texts = {}
        for key, value in found.items():
            try:
                text = text_of(value)
            except ValueError as error:
                raise Refused(reason, f"{name}.{_short(key)}", f"`{expression.text}` {error}") from None
            if text:
                texts[whole(key)] = text
        return texts

    def _text(self, name: str, expression: Expression, item: Any, reason: RejectReason) -> str:
        found = self._look(name, expression, item)
        try:
            return text_of(found) or ""
        except ValueError as error:
            raise Refused(reason, name, f"`{expression.text}` {error}") from None

    def _firing(self, status: StatusMapping, item: Any) -> bool | None:
        """What the status says; ``None`` to go by the end."""
        text = self._text("status", status.path, item, RejectReason.STATUS)
        if text in status.firing:
            return True
        if text in status.resolved:
            return False
        if status.default is not None:
            return None if status.default == "ends_at" else status.default == "firing"
        if not text:
            message = f"{status.path.missing_in(item, self._place)} is missing, and the mapping has no `default`"
        else:
            message = f"`{status.path.text}` gives {_short(text)}, which is neither in `firing` nor in `resolved`"
        raise Refused(RejectReason.STATUS, "status", message)

    def _time(self, name: str, expression: Expression | None, item: Any) -> Millis | None:
        if expression is None:
            return None
        try:
            return time_of(self._look(name, expression, item), self._mapping.timezone)
        except ValueError as error:
            raise Refused(RejectReason.TIME, name, f"`{expression.text}` {error}") from None

    def _identity(self, item: Any) -> tuple[str, ...]:
        values = []
        for expression in self._mapping.identity:
            text = self._text("identity", expression, item, RejectReason.IDENTITY)
            if not text:
                raise Refused(
                    RejectReason.IDENTITY, "identity", f"{expression.missing_in(item, self._place)} is missing"
                )
            values.append(text)
        return tuple(values)

    def _generator_url(self, item: Any) -> str:
        if self._mapping.generator_url is None:
            return ""
        found = self._look("generator_url", self._mapping.generator_url, item)
        return cut_text(whole(found)) if isinstance(found, str) else ""

    def _look(self, name: str, expression: Expression, item: Any) -> Any:
        try:
            found = self._evaluation.search(expression, item)
        except EvaluationError as error:
            raise Refused(RejectReason.EXPRESSION, name, f"`{expression.text}`: {error}") from None
        if self.steps is not None:
            self.steps.append(Step(name, expression.text, found))
        return found


def _short(text: str) -> str:
    return shown(whole(text))
