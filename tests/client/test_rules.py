"""``tocsin rules coverage`` against a service on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.client.fake import Fake, serving

from tocsin.client.rules import rules

PATH = "GET /api/v1/rules/coverage?limit=500"
HEAD = {
    "plan": "0a1b2c3d4e5f",
    "since": "2026-12-01T00:00:00.000Z",
    "alerts": 40,
    "dropped": 9,
    "other": 3,
    "other_ratio": 0.075,
}
ITEMS: list[dict[str, Any]] = [
    {"rule": "watchdog", "in_plan": True, "place": "rules/20.yaml:5", "drops": True, "matches": 9}
    | {"last_matched_at": "2026-12-05T01:00:00.000Z"},
    {"rule": "gateway", "in_plan": True, "place": "rules/30.yaml:4", "drops": False, "matches": 12, "ratio": 0.3}
    | {"last_matched_at": "2026-12-04T01:00:00.000Z"},
    {"rule": "disk\x1b[2J", "in_plan": True, "place": "rules/30.yaml:9", "drops": False, "matches": 0, "ratio": 0.0},
    {"rule": "old", "in_plan": False, "matches": 2, "last_matched_at": "2026-12-02T01:00:00.000Z"},
]


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        yield fake


def run(fake: Fake, *words: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(rules, ["coverage", *words, "--url", fake.url])


def test_coverage_for_people(fake: Fake) -> None:
    """What was counted in all; then rules that matched, those that never did and those that are gone, each apart."""
    fake.answers[PATH] = (200, {**HEAD, "items": ITEMS, "next": None})
    assert run(fake).stdout.splitlines() == [
        "plan 0a1b2c3d4e5f, counted since 2026-12-01 00:00:00Z",
        "40 alerts fired anew; no rule decided 3 of them (7.5%). Beside them, 9 posts were dropped by the plan.",
        "",
        "Matched",
        "  MATCHES  SHARE  LAST                  RULE      WHERE",
        "  9        drops  2026-12-05 01:00:00Z  watchdog  rules/20.yaml:5",
        "  12       30.0%  2026-12-04 01:00:00Z  gateway   rules/30.yaml:4",
        "",
        "Never matched (1 of 3)",
        "  RULE     WHERE",
        "  disk[2J  rules/30.yaml:9",
        "",
        "Not in the plan any more",
        "  MATCHES  SHARE  LAST                  RULE  WHERE",
        "  2        -      2026-12-02 01:00:00Z  old   -",
    ]


def test_coverage_for_programs(fake: Fake) -> None:
    """With --json the API's answer, all pages as one."""
    fake.answers[PATH] = (200, {**HEAD, "items": ITEMS[:2], "next": "500"})
    fake.answers[f"{PATH}&cursor=500"] = (200, {**HEAD, "items": ITEMS[2:], "next": None})
    assert json.loads(run(fake, "--json").stdout) == {**HEAD, "items": ITEMS, "next": None}


def test_before_anything_was_counted(fake: Fake) -> None:
    """No share is made up."""
    answer = {"plan": "0a1b2c3d4e5f", "alerts": 0, "dropped": 0, "other": 0, "items": ITEMS[2:3], "next": None}
    fake.answers[PATH] = (200, answer)
    assert run(fake).stdout.splitlines()[:3] == [
        "plan 0a1b2c3d4e5f: nothing was counted yet",
        "",
        "Never matched (1 of 1)",
    ]
