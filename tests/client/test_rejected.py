"""``tocsin rejected`` against a service on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.client.fake import Fake, serving

from tocsin.client.rejected import rejected

ITEM: dict[str, Any] = {
    "id": "0a1b2c3d4e5f6a7b8c9d",
    "source": "tickets",
    "at": "2026-12-05T01:00:00.000Z",
    "size": 17,
    "cut": False,
    "errors": ["$.issues: `issues` finds no alert\x1b[2J in this payload: it gives nothing"],
    "errors_total": 3,
}
WHOLE = {**ITEM, "content": '{"a": "b\u009b"}\nc'}
REPLAY = f"POST /api/v1/rejected/{ITEM['id']}/replay"
RECEIPT = {"received": 3, "new": 1, "repeated": 2, "resolved": 0, "dropped": 0, "rejected": []}


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        yield fake


def run(fake: Fake, *words: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(rejected, [*words, "--url", fake.url])


def test_list(fake: Fake) -> None:
    """A line for each, with the first of its errors; one source's by its name."""
    fake.answers["GET /api/v1/rejected?source=tickets&limit=100"] = (200, {"items": [ITEM], "next": None})
    assert run(fake, "list", "--source", "tickets").stdout.splitlines() == [
        "PAYLOAD               SOURCE   RECEIVED              BYTES  WHAT IS WRONG",
        "0a1b2c3d4e5f6a7b8c9d  tickets  2026-12-05 01:00:00Z  17     "
        "$.issues: `issues` finds no alert[2J in this payload: it gives nothing",
    ]


def test_show(fake: Fake) -> None:
    """Everything about one, made safe to print; what was posted alone for another program."""
    fake.answers[f"GET /api/v1/rejected/{ITEM['id']}"] = (200, WHOLE)
    shown = run(fake, "show", ITEM["id"].upper()).stdout
    assert "and 2 more" in shown
    assert "\x1b" not in shown
    assert "\u009b" not in shown
    assert shown.endswith("tocsin rejected replay 0a1b2c3d4e5f6a7b8c9d\n")
    assert run(fake, "show", ITEM["id"], "--content").stdout == '{"a": "b\\u009b"}\nc\n'
    assert json.loads(run(fake, "show", ITEM["id"], "--json").stdout) == WHOLE
    fake.answers[f"GET /api/v1/rejected/{ITEM['id']}"] = (200, {**WHOLE, "cut": True})
    assert "let it be posted again" in run(fake, "show", ITEM["id"]).stdout


def test_replay(fake: Fake) -> None:
    """What became of each; one that fails stops no other, and the command fails."""
    fake.answers[REPLAY] = (200, RECEIPT)
    done = run(fake, "replay", ITEM["id"])
    assert (done.exit_code, done.stdout) == (0, "0a1b2c3d4e5f6a7b8c9d: 1 new, 2 repeated\n")
    done = run(fake, "replay", "gone", ITEM["id"])
    assert (done.exit_code, done.stdout) == (1, "0a1b2c3d4e5f6a7b8c9d: 1 new, 2 repeated\n")
    assert "1 of 2 could not be taken in" in done.stderr
    assert json.loads(run(fake, "replay", ITEM["id"], "--json").stdout) == RECEIPT


def test_replay_of_a_source(fake: Fake) -> None:
    """All of its payloads, the oldest first, without those that are not whole."""
    items = [{**ITEM, "id": name, "cut": name == "b"} for name in ("c", "b", "a")]
    fake.answers["GET /api/v1/rejected?source=tickets&limit=500"] = (200, {"items": items, "next": None})
    for name in "abc":
        fake.answers[f"POST /api/v1/rejected/{name}/replay"] = (200, {**RECEIPT, "new": 0, "repeated": 0})
    done = run(fake, "replay", "--source", "tickets")
    assert done.stdout == "a: nothing in it was news\nc: nothing in it was news\n"
    assert run(fake, "replay").exit_code == 2
    assert run(fake, "replay", "a", "--source", "tickets").exit_code == 2
