"""Regular expressions of rule files: RE2 only, so that no rule and no label can make matching slow.

RE2 is what Prometheus and Alertmanager use; a pattern must match the whole value. Both sides are given
as bytes, so that a label with a broken surrogate in it is matched rather than raised upon.
"""

from __future__ import annotations

from typing import Any

import re2


def options(max_mem: int = 8 << 20) -> Any:
    """RE2's options for one pattern or one set; RE2 would else print its errors to standard error."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = max_mem
    return chosen


def encode(text: str) -> bytes:
    """A pattern or a value as RE2 takes it."""
    return text.encode("utf-8", "surrogatepass")


def compile_pattern(pattern: str) -> Any:
    """Compile one pattern. Raises ``ValueError`` with RE2's own words; matches with ``fullmatch(bytes)``."""
    if _takes_single_bytes(pattern):
        raise ValueError(r"\C is not taken, since it tears characters apart; write . for any character")
    try:
        return re2.compile(encode(pattern), options())
    except re2.error as error:
        said = error.args[0] if error.args else "not a regular expression"
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None


def _takes_single_bytes(pattern: str) -> bool:
    r"""Whether ``\C`` stands in the pattern, and not as text between ``\Q`` and ``\E``."""
    at = 0
    while (at := pattern.find("\\", at)) >= 0:
        following = pattern[at + 1 : at + 2]
        if following == "C":
            return True
        if following == "Q":
            end = pattern.find("\\E", at + 2)
            if end < 0:
                return False
            at = end
        at += 2
    return False
