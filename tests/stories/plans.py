"""Plans for stories: the small plan of the documentation, changed where a story needs it."""

from __future__ import annotations

from tests.support.service import SMALL_PLAN

AT_ONCE = SMALL_PLAN.replace("wait: 30s", "wait: 0s").replace("wait: 5m", "wait: 0s")
"""Without waits before telling, so that a story need not wait."""


def with_rules(rules: str, more: str = "") -> str:
    """The small plan with two services, these rules instead of its own, and ``more`` sections."""
    kept = AT_ONCE[: AT_ONCE.index("services:")]
    services = "services:\n  payments: {importance: core}\n  cms: {importance: supporting}\n"
    return f"{kept}{services}{more}rules:\n{rules}"
