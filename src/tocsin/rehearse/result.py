"""What became of a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A part of the decision that is not as expected, both as texts."""

    part: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test. ``error`` says why there was no alert to decide on; ``reasons`` how it was decided."""

    name: str
    place: str
    mismatches: tuple[Mismatch, ...] = ()
    error: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not (self.mismatches or self.error)

    @property
    def failure(self) -> str:
        """What was expected, what came instead, and the way the decision took; empty if it passed."""
        if self.passed:
            return ""
        wrong = [f"{each.part}: expected {each.expected}, got {each.got}" for each in self.mismatches]
        return "\n".join([*([self.error] if self.error else ()), *wrong, *(f"  {reason}" for reason in self.reasons)])
