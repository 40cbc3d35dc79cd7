"""How log records look."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tocsin._core.secret import Secret
from tocsin.telemetry.logs import Format, configure

log = logging.getLogger("tocsin.test")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Puts back what ``configure`` replaces."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)


def written(form: Format, message: str, *args: object, **details: Any) -> str:
    """What one record looks like."""
    stream = io.StringIO()
    configure(stream, form, "INFO")
    log.debug("not shown")
    log.warning(message, *args, **details)
    return stream.getvalue()


def failing() -> tuple[Any, ...]:
    """An exception's details."""
    try:
        raise ValueError("cannot reach redis://user:swordfish@db:6379/0\x1b[2J")
    except ValueError as error:
        return (type(error), error, error.__traceback__)


def test_json_is_one_object_a_line() -> None:
    """Fields given as extra stand beside the standard ones, and cannot replace them."""
    line = written("json", "took %d alerts", 3, extra={"source": "prom", "level": "x", "tries": 2, "at": None})
    assert line.count("\n") == 1
    entry = json.loads(line)
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "level": "warning",
        "logger": "tocsin.test",
        "message": "took 3 alerts",
        "source": "prom",
        "level_": "x",
        "tries": 2,
        "at_": None,
    }


def test_text_is_one_line_to_read() -> None:
    """Time, level, message and fields; what is not plain is quoted."""
    line = written("text", "the plan was read", extra={"rules": 12, "title": "中 断", "ok": True, "file": "a.yaml:3"})
    assert line.split("Z ", 1)[1] == 'WARNING the plan was read rules=12 title="中 断" ok=true file=a.yaml:3\n'


@pytest.mark.parametrize("form", ["json", "text"])
def test_foreign_text_forges_no_line(form: Format) -> None:
    """Line breaks, escapes to the terminal and half characters are shown as what they are."""
    foreign = "x\n2026-01-01 ERROR forged\r\x1b[31m\x85\u2028\ud800"
    line = written(form, f"odd {foreign}", extra={"name_": foreign})
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    line.encode()


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_do_not_appear(form: Format) -> None:
    """Neither as values, nor in URLs, nor in a traceback's text."""
    url = "rediss://:swordfish@db:6379"
    extra = {"token": Secret("swordfish"), "tokens": [Secret("swordfish")], "url": url}
    line = written(form, f"connecting to {url}", extra=extra, exc_info=failing())
    assert "swordfish" not in line
    assert "<secret>" in line
    assert "rediss://***@db:6379" in line
    assert "redis://***@db:6379/0" in line


def test_a_traceback_stays_with_its_record() -> None:
    """In JSON as a field; in text indented below, with nothing for the terminal to obey."""
    entry = json.loads(written("json", "failed", exc_info=failing()))
    assert entry["traceback"].startswith("Traceback")
    first, *rest = written("text", "failed", exc_info=failing()).splitlines()
    assert first.endswith("failed")
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in "".join(rest)


def test_configuring_again_replaces() -> None:
    """A record is written once."""
    configure(io.StringIO(), "json")
    assert written("text", "once").count("once") == 1
