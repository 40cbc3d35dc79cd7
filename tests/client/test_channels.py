"""``tocsin channels`` against a service on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.client.fake import NOWHERE, Fake, serving

from tocsin.client.channels import channels

ITEMS: list[dict[str, Any]] = [
    {
        "name": "legal-hook", "type": "webhook", "language": "en", "groups": ["legal"], "waiting": 2, "dead": 1,
        "last_success_at": "2026-12-05T01:00:00.000Z",
        "check": {"ok": False, "at": "2026-12-05T01:01:00.000Z", "seconds": 0.1, "error": "401\x1b[2J no"},
    },
    {
        "name": "screen", "type": "console", "language": "zh", "teams": ["pay-sre"], "fallback_of": ["legal", "data"],
        "waiting": 0, "dead": 0, "check": {"ok": None, "at": "2026-12-05T01:01:00.000Z", "seconds": 0.0},
    },
]  # fmt: skip


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        fake.answers["GET /api/v1/channels"] = (200, {"items": ITEMS, "next": None})
        yield fake


def run(fake: Fake, *words: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(channels, [*words, "--url", fake.url])


def test_list(fake: Fake) -> None:
    """A line for each: who has it, what it is owed, and what its tool said."""
    assert [line.rstrip() for line in run(fake, "list").stdout.splitlines()] == [
        "CHANNEL     TYPE     FOR                               WAITING  DEAD  LAST TAKEN            CHECK   ERROR",
        "legal-hook  webhook  legal                             2        1     2026-12-05 01:00:00Z  failed  401[2J no",
        "screen      console  pay-sre, fallback of legal, data  0        0     -                     -",
    ]


def test_all_are_tested(fake: Fake) -> None:
    """Without a name every channel is; one that fails makes the exit code 1, and the others are said all the same."""
    fake.answers["POST /api/v1/channels/legal-hook/test"] = (
        200, {"channel": "legal-hook", "ok": False, "at": "", "seconds": 1.234, "error": "answered 404"},
    )  # fmt: skip
    fake.answers["POST /api/v1/channels/screen/test"] = (200, {"channel": "screen", "ok": True, "seconds": 0.001})
    result = run(fake, "test")
    assert (result.exit_code, result.stderr) == (1, "Error: 1 of 2 did not take the message\n")
    assert result.stdout.splitlines() == [
        "CHANNEL     TAKEN  TOOK   ERROR",
        "legal-hook  no     1.23s  answered 404",
        "screen      yes    0.00s",
    ]


def test_one_is_tested(fake: Fake) -> None:
    """By its name, which is one part of the path; for programs as JSON."""
    fake.answers["POST /api/v1/channels/screen/test"] = (200, {"channel": "screen", "ok": True, "seconds": 0.5})
    result = run(fake, "test", "screen", "--json")
    assert (result.exit_code, fake.asked) == (0, ["POST /api/v1/channels/screen/test"])
    assert json.loads(result.stdout) == {"items": [{"channel": "screen", "ok": True, "seconds": 0.5}]}
    unknown = run(fake, "test", "../x")
    assert (unknown.exit_code, fake.asked[-1]) == (1, "POST /api/v1/channels/..%2Fx/test")
    assert "nothing at" in unknown.stdout


def test_nothing_to_test(fake: Fake) -> None:
    """A plan without channels is no failure; a service that is not there is one."""
    fake.answers["GET /api/v1/channels"] = (200, {"items": [], "next": None})
    assert (run(fake, "test").exit_code, run(fake, "list").stderr) == (0, "no channels\n")
    assert CliRunner().invoke(channels, ["test", "--url", NOWHERE]).exit_code == 1
