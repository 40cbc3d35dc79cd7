"""``tocsin deliveries retry`` and ``drop`` against a service on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from tests.client.fake import DELIVERY, Fake, serving

from tocsin.client.commands import deliveries
from tocsin.client.letters import drop, retry

DROPPED = {
    **DELIVERY,
    "state": "superseded",
    "dropped": {
        "at": "2026-12-05T02:00:00.000Z", "by": "zhang.wei", "reason": "gone\x1b[2J", "via": "cli", "verified": False,
    },
}  # fmt: skip


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        yield fake


def run(command: click.Command, *words: str, fake: Fake, **env: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(command, [*words, "--url", fake.url], env=env)


def test_a_delivery_is_retried(fake: Fake) -> None:
    """Each named one is posted, and its state said."""
    fake.answers["POST /api/v1/deliveries/d-1/retry"] = (200, {"id": "d-1", "state": "waiting"})
    fake.answers["POST /api/v1/deliveries/d-2/retry"] = (200, {"id": "d-2", "state": "waiting"})
    result = run(retry, "D-1", "d-2", fake=fake)
    assert (result.exit_code, result.stdout) == (0, "d-1: waiting\nd-2: waiting\n")
    assert fake.headers[0]["Content-Type"] == "application/json"


def test_an_id_cannot_reach_another_path(fake: Fake) -> None:
    """What is typed is one part of the path."""
    run(retry, "../incidents?x", fake=fake)
    assert fake.asked == ["POST /api/v1/deliveries/..%2Fincidents%3Fx/retry"]


def test_one_that_is_refused_stops_no_other(fake: Fake) -> None:
    """Each has its own line, and the exit code says that one was refused."""
    no = {"title": "Conflict", "detail": "d-1 is accepted; only a dead letter can be dropped"}
    fake.answers["POST /api/v1/deliveries/d-1/drop"] = (409, no)
    fake.answers["POST /api/v1/deliveries/d-2/drop"] = (200, DROPPED)
    result = run(drop, "d-1", "d-2", "--reason", "gone", fake=fake, TOCSIN_AS="zhang.wei")
    assert (result.exit_code, result.stdout) == (1, "d-2: dropped\n")
    assert "d-1: Conflict: d-1 is accepted" in result.stderr
    assert "1 of 2 refused" in result.stderr
    assert fake.bodies == [{"reason": "gone", "by": "zhang.wei"}] * 2


def test_all_of_a_channel_go_in_batches(fake: Fake) -> None:
    """Batch after batch, until there are no more; the sum is said once."""
    fake.answers["POST /api/v1/deliveries/retry"] = (200, {"retried": 3, "next": "c"})
    result = run(retry, "--channel", "legal-hook", fake=fake)
    assert (result.exit_code, result.stdout) == (0, "6 taken up again\n")
    assert fake.bodies == [{"channel": "legal-hook"}, {"channel": "legal-hook", "cursor": "c"}]


def test_all_there_are(fake: Fake) -> None:
    """``--all`` says so to the service; where there are none, that is no failure."""
    fake.answers["POST /api/v1/deliveries/drop"] = (200, {"dropped": 0, "next": None})
    result = run(drop, "--all", "--reason", "old", "--as", "li.na", fake=fake)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no dead letters\n")
    assert fake.bodies == [{"reason": "old", "by": "li.na", "all": True}]
    assert json.loads(run(drop, "--all", "--reason", "old", "--json", fake=fake).stdout) == {"dropped": 0}


@pytest.mark.parametrize("words", [(), ("d-1", "--all"), ("--all", "--channel", "x"), ("d-1", "--channel", "x")])
def test_what_is_meant_must_be_plain(fake: Fake, words: tuple[str, ...]) -> None:
    """Some, or all of a channel, or all: one of them, and nothing is asked before."""
    result = run(retry, *words, fake=fake)
    assert (result.exit_code, fake.asked) == (2, [])
    assert "name the deliveries, or a --channel, or say --all" in result.stderr


def test_a_fault_is_told_by_the_name_of_its_option(fake: Fake) -> None:
    """What the API calls ``by`` is ``--as`` here."""
    problem = {"title": "Unprocessable Entity", "detail": "nothing was done"}
    problem |= {"problems": [{"path": "by", "message": "must name the person who acts"}]}  # type: ignore[dict-item]
    fake.answers["POST /api/v1/deliveries/drop"] = (422, problem)
    result = run(drop, "--all", "--reason", "x", fake=fake)
    assert result.exit_code == 1
    assert "--as: must name the person who acts" in result.stderr


def test_a_dropped_one_is_shown(fake: Fake) -> None:
    """Who dropped it and why, made safe to print; and no word any more on how to send it again."""
    page = {"items": [DROPPED], "next": None}
    fake.answers["GET /api/v1/deliveries?incident=INC-261205-7K2M9P&limit=500"] = (200, page)
    shown = run(deliveries, "show", DELIVERY["id"], fake=fake).stdout
    assert "2026-12-05 02:00:00Z  by zhang.wei: gone[2J" in shown
    assert "answered 404" in shown
    assert "tocsin deliveries retry" not in shown
