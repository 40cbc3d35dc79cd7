"""Logs: one line a record, as JSON for programs or as text for people; fields come from ``extra``.

Foreign text cannot forge a line: control characters are escaped in both forms. Secrets do not appear: a
``Secret`` shows itself as ``<secret>``, and passwords in URLs are masked wherever they turn up, tracebacks too.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Literal, TextIO

from tocsin._core.times import SECOND, format_time

Format = Literal["json", "text"]

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}
_USERINFO = re.compile(r"://[^/@\s\"']*@")
_BARE = re.compile(r"[\w.:/@%+,*<>-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def configure(
    stream: TextIO,
    format: Format,  # noqa: A002
    level: int | str = logging.INFO,
) -> logging.Handler:
    """Send all records from this level on to a stream, in place of what was set up before; returns the handler."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells of every change of a file
    return handler


class JsonFormatter(logging.Formatter):
    """``{"at": …, "level": …, "logger": …, "message": …, field: …, "traceback": …}``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, Any] = {
            "at": format_time(int(record.created * SECOND)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in fields(record).items():
            entry[name if name not in entry else f"{name}_"] = value
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return _printable(_escaped(mask(json.dumps(entry, ensure_ascii=False, default=str))))


class TextFormatter(logging.Formatter):
    """``time LEVEL message field=value``; a traceback follows on lines of its own, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback's."""
        words = [format_time(int(record.created * SECOND)), f"{record.levelname:<7}", _escaped(record.getMessage())]
        words += [f"{name}={_value(value)}" for name, value in fields(record).items()]
        text = " ".join(words)
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()
            text += "".join(f"\n    {_escaped(line)}" for line in lines)
        return _printable(mask(text))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as ``extra``."""
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def mask(text: str) -> str:
    """The text with names and passwords in URLs replaced."""
    return _USERINFO.sub("://***@", text) if "://" in text else text


def _value(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = value if isinstance(value, str) else str(value)
    return text if _BARE.fullmatch(text) else _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _printable(text: str) -> str:
    """The text with what no stream can encode (half a surrogate pair) escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
