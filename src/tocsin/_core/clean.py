"""Untrusted text made safe to print: alert labels, annotations and what a receiver answers.

A control character can colour a terminal, move its cursor or forge a line of its own; a format character
can turn the reading order round. Both are removed. What is printable is kept as it is, in any script.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLAIN = re.compile(r"[\x20-\x7e]*")
ELLIPSIS = "…"
_URL = 1000


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, without control characters, runs of space made one, at most ``limit`` characters."""
    folded = " ".join(text[: 8 * limit].split())
    if not _PLAIN.fullmatch(folded):
        folded = " ".join(_printable(folded).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + ELLIPSIS


def lines(text: str) -> list[str]:
    """The text's lines, each without control characters. Only ``\\n`` ends a line."""
    return [line if _PLAIN.fullmatch(line) else _printable(line) for line in text.split("\n")]


def escaped_json(text: str) -> str:
    """JSON with what is not printable inside its strings written as ``\\uXXXX``; the same JSON to a program."""
    if _PLAIN.fullmatch(text.replace("\n", "")):
        return text
    return "".join(char if char == "\n" or not _unprintable(char) else _escape(char) for char in text)


def _printable(text: str) -> str:
    return "".join(" " if char == "\t" else char for char in text if char == "\t" or not _unprintable(char))


def _unprintable(char: str) -> bool:
    return unicodedata.category(char) in _UNPRINTABLE


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def is_web_address(url: str) -> bool:
    """Whether a text is an address of the web, whole and printable, at most 1,000 characters."""
    if len(url) > _URL or url != one_line(url, _URL) or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
