"""Untrusted text for tools whose Markdown knows no escape.

What would be mark-up there becomes a character that looks like it, or much like it, so that the text reads as it was
written: no link, no mention, no heading, no colour. Most text has nothing of that kind and stays as it is.
"""

from __future__ import annotations

import re

from tocsin._core.message import Link

_LOOKS_LIKE = str.maketrans("<&`*~\\]_#>=-", "＜＆ˋ∗～＼］＿＃＞＝–")
_MARKUP = re.compile(
    r"""
      [<`*~\\]                          # tags and mentions, code, bold, struck, escapes
    | &(?=\#?\w+;)                      # an entity that might become one of them
    | \](?=\s*[(:])                     # the middle of a link or of a picture
    | (?<![^\W_])_ | _(?![^\W_])        # italic; within a word it is none
    | (?:^|(?<=\r))\ {0,3}(?:[\#>] | [=-]+[^\S\n]*$)  # headings, their underlines, quotations
    """,
    re.VERBOSE | re.MULTILINE,
)
_UNSAFE_IN_URL = re.compile(r"[\s()<>\"'`*_~\[\]\\]")


def disarmed(text: str) -> str:
    """The text, with nothing in it that such a tool would take for mark-up."""
    return _MARKUP.sub(lambda found: found[0].translate(_LOOKS_LIKE), text)


def linked(link: Link) -> str:
    """A link in Markdown, with nothing in its title or address that ends it early."""
    title = disarmed(link.title).replace("]", "］").replace("[", "［")
    return f"[{title}]({_UNSAFE_IN_URL.sub(_quoted, link.url)})"


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))
