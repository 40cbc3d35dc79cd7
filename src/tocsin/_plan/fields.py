"""The kinds of values that a rule file's fields hold, each with a validator that says what to write instead.

Any text may be ``{env: NAME}`` or ``{file: path}``; a validator then takes the text from there. What is
read is passed in by ``Reading``, so that nothing here knows of the process's environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import PlainValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from tocsin._core.expression import Expression, ExpressionError
from tocsin._core.matcher import Matcher
from tocsin._core.model import Text
from tocsin._core.secret import Secret
from tocsin._core.times import Millis, parse_duration, parse_time
from tocsin._plan import shapes
from tocsin._plan.defaults import CLASSES, SOURCES
from tocsin._plan.files import digest, read_secret
from tocsin._plan.matchers import MatcherError, parse_matchers

UNSET = "unset"
"""The error type of a secret that is not there: ``check`` only warns of it."""


_HEADER_VALUE = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What validators need to know. With ``fill``, a secret that is not there is taken for an empty text.
    ``secrets`` is filled with the digest of each file that was to hold a secret, ``""`` where it could not be read."""

    environment: Mapping[str, str]
    directory: Path
    fill: bool = False
    secrets: dict[Path, str] = field(default_factory=dict)


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _shown(value: object) -> str:
    """A value as the file has it, to be named in a message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    return f"`{text}`" if len(text) <= 80 else f"`{text[:80]}…`"


def _wanted(what: str, value: object) -> PydanticCustomError:
    if isinstance(value, (bool, int, float)):
        return _error(f"must be {what}, not {_shown(value)}; put it in double quotes if it is meant as text")
    return _error(f"must be {what}, not {_shown(value)}")


def _elsewhere(value: object, info: ValidationInfo) -> str | None:
    """The text that ``{env: NAME}`` or ``{file: path}`` stands for; ``None`` if the value is neither."""
    if not isinstance(value, dict) or len(value) != 1 or not isinstance(info.context, Reading):
        return None
    ((kind, name),) = value.items()
    if kind not in ("env", "file") or not isinstance(name, str) or not name:
        return None
    try:
        return (
            _from_file(info.context.directory / name, info.context)
            if kind == "file"
            else _from_environment(name, info.context)
        )
    except ValueError as error:
        if info.context.fill:
            return ""
        raise PydanticCustomError(UNSET, "{said}", {"said": str(error)}) from None


def _from_environment(name: str, reading: Reading) -> str:
    found = reading.environment.get(name, "")
    if not found:
        raise ValueError(f"the environment variable {name} is not set, or empty")
    return found


def _from_file(path: Path, reading: Reading) -> str:
    reading.secrets[path] = ""
    data = read_secret(path)
    reading.secrets[path] = digest(data)
    try:
        found = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(f"the file {path} is not UTF-8 text") from None
    if not found:
        raise ValueError(f"the file {path} is empty")
    return found


def text_of(value: object, info: ValidationInfo) -> str:
    """A text, which may stand elsewhere; empty only where that is not there, and is to be filled."""
    found = _elsewhere(value, info)
    if found is not None:
        return found
    if not isinstance(value, str):
        raise _wanted("a text", value)
    if not value.strip():
        raise _error("must not be empty; write a text, or take the key out")
    return value


def _secret(value: object, info: ValidationInfo) -> Secret:
    return Secret(text_of(value, info))


def maybe_secret(check: Callable[[str], None], value: object, info: ValidationInfo) -> str | Secret:
    """A text that ``check`` raises no error for; secret if it stands elsewhere."""
    found = _elsewhere(value, info)
    text = text_of(value, info) if found is None else found
    if text:
        check(text)
    return text if found is None else Secret(text)


def check_url(text: str) -> None:
    """Never names the address itself, which may be a secret."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or any(character <= " " for character in text):
        raise _error("must be a whole address, as in https://example.org/path")


def _url(value: object, info: ValidationInfo) -> str | Secret:
    return maybe_secret(check_url, value, info)


def _plain_url(value: object, info: ValidationInfo) -> str:
    text = text_of(value, info)
    if text:
        check_url(text)
    return text.rstrip("/")


def _check_header(text: str) -> None:
    if not _HEADER_VALUE.fullmatch(text):
        raise _error("must be one line of text, without control characters")


def _header(value: object, info: ValidationInfo) -> str | Secret:
    return maybe_secret(_check_header, value, info)


def title_of(value: object, info: ValidationInfo) -> Text:
    """A text in both languages; one that is left out takes the other's."""
    if isinstance(value, dict) and not set(value) <= {"env", "file"}:
        unknown = sorted(set(value) - {"en", "zh"})
        if unknown:
            raise _error(f"a title is a text or {{en: …, zh: …}}; it has no language `{unknown[0]}`")
        texts = {language: text_of(text, info) for language, text in value.items()}
        first = next(iter(texts.values()))
        return Text(texts.get("en", first), texts.get("zh", first))
    text = text_of(value, info)
    return Text(text, text)


def _duration(value: object) -> Millis:
    if not isinstance(value, str):
        raise _error(f"must be a duration such as 30s, 5m or 1h30m, not {_shown(value)}")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise _error(str(error)) from None


def _positive(value: object) -> Millis:
    duration = _duration(value)
    if duration <= 0:
        raise _error("must be longer than nothing")
    return duration


def _expires(value: object) -> Millis | Literal["never"]:
    return "never" if value == "never" else _positive(value)


def _until(value: object) -> date | Millis:
    found: date | Millis | None = None
    if isinstance(value, str):
        try:
            found = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else parse_time(value)
        except (ValueError, OverflowError):
            found = None
    if found is None or (isinstance(found, date) and not 1970 <= found.year <= 9990):
        raise _error(f"must be a day such as 2027-03-31 or a time such as 2027-03-31T18:00:00Z, not {_shown(value)}")
    return found


def _moment(value: object) -> Millis:
    try:
        if isinstance(value, str):
            return parse_time(value)
    except (ValueError, OverflowError):
        pass
    raise _error(f"must be a time such as 2027-03-31T18:00:00Z, not {_shown(value)}")


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,3}", value):
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            pass
    raise _error(f"must be a time zone that is known here, such as Asia/Shanghai or UTC, not {_shown(value)}")


def matchers_of(value: object) -> tuple[Matcher, ...]:
    """One string of matchers."""
    if not isinstance(value, str):
        raise _wanted("""a matcher in quotes, such as 'severity="critical"'""", value)
    try:
        return parse_matchers(value)
    except MatcherError as error:
        raise PydanticCustomError(
            "matcher", "{said}", {"said": str(error), "offset": error.offset, "width": error.width}
        ) from None


def _expression(value: object) -> Expression:
    if not isinstance(value, str):
        raise _wanted("a JMESPath expression, such as event.type", value)
    try:
        return Expression.compile(value.strip())
    except ExpressionError as error:
        offset = error.offset + len(value) - len(value.lstrip())
        context = {"said": str(error), "offset": offset, "width": error.width}
        raise PydanticCustomError("expression", "{said}", context) from None


def name_of(value: object) -> str:
    """A name: one line of printable characters."""
    if not isinstance(value, str):
        raise _wanted("a name", value)
    if not value.isprintable() or value != value.strip() or not 1 <= len(value) <= 100:
        raise _error(f"{_shown(value)} is no name: write 1 to 100 printable characters, with no space before or after")
    return value


def _address_name(value: object) -> str:
    name = name_of(value)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise _error(f"{_shown(name)} is no name here: write at most 64 letters, digits, dots, dashes and underscores")
    return name


def _label(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _wanted("the name of a label", value)
    return value


Plain = Annotated[str, PlainValidator(text_of), shapes.PLAIN]
SecretText = Annotated[Secret, PlainValidator(_secret), shapes.SECRET]
Url = Annotated[str | Secret, PlainValidator(_url), shapes.URL]
PlainUrl = Annotated[str, PlainValidator(_plain_url), shapes.URL]
Header = Annotated[str | Secret, PlainValidator(_header), shapes.HEADER]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Title = Annotated[Text, PlainValidator(title_of), shapes.TITLE]
Duration = Annotated[Millis, PlainValidator(_duration), shapes.DURATION]
Positive = Annotated[Millis, PlainValidator(_positive), shapes.POSITIVE]
Expires = Annotated[Any, PlainValidator(_expires), shapes.EXPIRES]
Until = Annotated[Any, PlainValidator(_until), shapes.UNTIL]
Moment = Annotated[Millis, PlainValidator(_moment), shapes.MOMENT]
Zone = Annotated[ZoneInfo, PlainValidator(_zone), shapes.ZONE]
Matchers = Annotated[tuple[Matcher, ...], PlainValidator(matchers_of), shapes.MATCHERS]
Jmespath = Annotated[Expression, PlainValidator(_expression), shapes.EXPRESSION]
Name = Annotated[str, PlainValidator(name_of), shapes.NAME]
AddressName = Annotated[str, PlainValidator(_address_name), shapes.ADDRESS_NAME]
Label = Annotated[str, PlainValidator(_label), shapes.LABEL]
ClassName = Annotated[Name, shapes.known(*CLASSES)]
SourceName = Annotated[Name, shapes.known(*SOURCES)]
ClassKey = Annotated[AddressName, shapes.known(*CLASSES)]
SourceKey = Annotated[AddressName, shapes.known(*SOURCES)]
