r"""The matcher grammar, which is Alertmanager's: ``name = != =~ !~ value``, several joined by commas.

Names and values may be any text in double quotes, or unquoted without white space and ``{}!=~,"'\```.
Braces around the whole and a comma at the end are allowed. Inside quotes ``\\``, ``\"`` and ``\n`` are
escapes and any other backslash stays, as Alertmanager's classic matchers have it, so that ``"a\.b"`` is
the regular expression it looks like. Regular expressions are checked here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin._core.matcher import Matcher, Operator
from tocsin._core.regex import compile_pattern

_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"""[^\s{}!=~,\\"'`]+""")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OPERATOR = re.compile(r"=~|!~|!=|=")
_ESCAPE = re.compile(r'\\([\\"n])')
_UNESCAPED = {"\\": "\\", '"': '"', "n": "\n"}


class MatcherError(ValueError):
    """A matcher that cannot be read; ``offset`` and ``width`` say which characters of the text are meant."""

    def __init__(self, message: str, offset: int, width: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.width = width


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Read one string of matchers that must all hold. Raises ``MatcherError``."""
    reader = _Reader(text)
    braced = reader.take("{")
    matchers = [reader.matcher()]
    while reader.take(","):
        if reader.at_end() or reader.sees("}"):
            break
        matchers.append(reader.matcher())
    if braced and not reader.take("}"):
        raise MatcherError("the brace { is never closed; add } at the end", reader.at)
    if not reader.at_end():
        raise MatcherError(
            f"unexpected {text[reader.at]!r}; put a comma between matchers, "
            'and double quotes around a value that holds special characters, as in severity=~"warn.*"',
            reader.at,
        )
    return tuple(matchers)


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def take(self, character: str) -> bool:
        """Step over white space and then this character, if it is next."""
        if not self.sees(character):
            return False
        self.at += 1
        return True

    def sees(self, character: str) -> bool:
        self._skip_space()
        return self.text.startswith(character, self.at)

    def at_end(self) -> bool:
        self._skip_space()
        return self.at >= len(self.text)

    def matcher(self) -> Matcher:
        name = self._word('a label name, as in severity="critical"')
        if not name:
            raise MatcherError("a label name cannot be empty", max(0, self.at - 2), 2)
        operator = self._operator(name)
        self._skip_space()
        start = self.at
        value = self._word(f'a value after {operator}, in double quotes, as in {name}{operator}"value"')
        if operator in ("=~", "!~"):
            try:
                compile_pattern(value)
            except ValueError as error:
                raise MatcherError(
                    f"{value!r} is no regular expression that RE2 takes: {error}", start, self.at - start
                ) from None
        return Matcher(name, operator, value)

    def _operator(self, name: str) -> Operator:
        self._skip_space()
        found = _OPERATOR.match(self.text, self.at)
        if found is None:
            raise MatcherError(f'write =, !=, =~ or !~ after {name}, as in {name}="value"', self.at)
        self.at = found.end()
        operator: Operator = found.group()  # type: ignore[assignment]
        return operator

    def _word(self, wanted: str) -> str:
        """A quoted or a bare text."""
        self._skip_space()
        if self.text.startswith('"', self.at):
            quoted = _QUOTED.match(self.text, self.at)
            if quoted is None:
                raise MatcherError('the quote is never closed; add " at the end of the value', self.at)
            self.at = quoted.end()
            return _ESCAPE.sub(lambda escape: _UNESCAPED[escape.group(1)], quoted.group(1))
        bare = _BARE.match(self.text, self.at)
        if bare is None:
            found = f"found {self.text[self.at]!r}" if self.at < len(self.text) else "the text ends"
            raise MatcherError(f"expected {wanted}; {found}", self.at)
        self.at = bare.end()
        return bare.group()

    def _skip_space(self) -> None:
        space = _SPACE.match(self.text, self.at)
        if space is not None:
            self.at = space.end()
