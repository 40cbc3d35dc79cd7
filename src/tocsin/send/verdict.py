"""What a tool says in the body of a 200: the codes of its documents, sorted.

Zero is a yes. Some codes may pass, after a pause if the tool's documents name one; all others are refusals, and a hint
says what to do. A body without a code is nobody's yes: who answered was not the tool, and it may be later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from tocsin._core.errors import SendRefused
from tocsin.send.endpoint import Endpoint, answered

_TOO_MUCH = re.compile(r"too many|too fast|freq\w* (out of )?limit|限流|频率", re.IGNORECASE)
"""How these tools say that there were too many messages, also under codes that their documents do not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one tool answers. ``code`` and ``text`` are the keys that hold the code and its text, the first that is there
    counts; ``later`` are codes that may pass, with the seconds to wait or ``None``; ``hints`` say what to do."""

    code: tuple[str, ...]
    text: tuple[str, ...]
    later: Mapping[int, float | None]
    hints: Mapping[int, str] = field(default_factory=dict)

    async def post(
        self, endpoint: Endpoint, body: bytes, *, to: URL | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Post JSON; the answer, if it is a yes. Raises ``TrySendAgain`` or ``SendRefused``; where the status is a no,
        the code in the body is still the tool's own word."""
        sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        try:
            answer = await endpoint.post(body, sent, to=to)
        except SendRefused as error:
            if self._code(answered(error.answer)) in (None, 0):
                raise
            answer = error.answer
        return self._judge(endpoint, answer)

    def _judge(self, endpoint: Endpoint, answer: bytes) -> Mapping[str, Any]:
        said = answered(answer)
        code = self._code(said)
        if code == 0:
            return said
        if code is None:
            raise endpoint.again(f"the answer has no {self.code[0]}: {answer.decode('utf-8', 'replace')}")
        told = f"{self.code[0]} {code}: {self._text(said)}"
        if code in self.hints:
            told = f"{self.hints[code]} ({told})"
        is_later = code in self.later or _TOO_MUCH.search(self._text(said))
        error = endpoint.again(told, retry_after=self.later.get(code)) if is_later else endpoint.refused(told)
        error.answer = answer
        raise error

    def _code(self, said: Mapping[str, Any]) -> int | None:
        found = next(_given(said, self.code), None)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def _text(self, said: Mapping[str, Any]) -> str:
        return str(next(_given(said, self.text), "no reason given"))


def _given(said: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Any]:
    return (said[key] for key in keys if said.get(key) not in (None, ""))
