"""``tocsin incidents`` and ``tocsin deliveries`` against a service on loopback."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from tests.client.fake import DELIVERY, INCIDENT, PAGE, Fake, serving

from tocsin.client.commands import deliveries, incidents

INCIDENTS = "GET /api/v1/incidents"
DELIVERIES = "GET /api/v1/deliveries"


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service."""
    with serving() as fake:
        yield fake


def run(group: click.Group, *words: str, url: str = "", color: bool = False, **env: str) -> Result:
    """One command, as typed."""
    return CliRunner().invoke(group, [*words, *(["--url", url] if url else [])], env=env, color=color)


def test_incidents_are_listed_as_a_table(fake: Fake) -> None:
    """One line each with what counts first: tier, state, and what is left of the recovery time."""
    late = INCIDENT | {
        "id": "INC-261205-000002",
        "tier": "low",
        "drill": True,
        "rto": INCIDENT["rto"] | {"consumed_ratio": 1.5},
        "acknowledged_by": "wang",
        "next_update_due": "2026-12-05T01:30:00.000Z",
    }
    fake.answers[f"{INCIDENTS}?limit=100"] = (200, {"items": [INCIDENT, late], "next": None})
    result = run(incidents, "list", url=fake.url)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "INCIDENT           TIER  STATE         RTO LEFT  UPDATE IN  WHO   STARTED               ENVIRONMENT  "
        "SERVICES  TITLE",
        "INC-261205-7K2M9P  high  open, firing  1h57m     -          -     2026-12-05 01:00:00Z  prod         "
        "payments  Payment gateway down",
        "INC-261205-000002  low   open, firing  1h over   27m        wang  2026-12-05 01:00:00Z  prod         "
        "payments  [DRILL] Payment gateway down",
    ]


def test_filters_are_passed_on(fake: Fake) -> None:
    """Each filter becomes its query parameter, escaped; an id may be typed in any case."""
    run(incidents, "list", "--state", "active", "--class", "a&b", "--tier", "high", "--service", "s", url=fake.url)
    run(deliveries, "list", "--state", "dead", "--incident", "inc-261205-7k2m9p", "--limit", "5", url=fake.url)
    asked = [set(request.partition("?")[2].split("&")) for request in fake.asked]
    assert asked == [
        {"state=active", "class=a%26b", "tier=high", "service=s", "limit=100"},
        {"state=dead", "incident=INC-261205-7K2M9P", "limit=5"},
    ]


def test_all_follows_the_cursor(fake: Fake) -> None:
    """With --all every page is asked for and shown as one; without, a word says that there is more."""
    fake.answers[f"{INCIDENTS}?limit=1"] = (200, {"items": [INCIDENT], "next": "c/1"})
    fake.answers[f"{INCIDENTS}?limit=1&cursor=c%2F1"] = (200, {"items": [INCIDENT], "next": None})
    assert "--all shows them" in run(incidents, "list", "--limit", "1", url=fake.url).stderr
    whole = json.loads(run(incidents, "list", "--limit", "1", "--all", "--json", url=fake.url).stdout)
    assert whole == {"items": [INCIDENT, INCIDENT], "next": None}


def test_a_cursor_that_repeats_ends_in_an_error(fake: Fake) -> None:
    """A faulty service does not keep the command running for ever."""
    for query in ("limit=100", "limit=100&cursor=x"):
        fake.answers[f"{INCIDENTS}?{query}"] = (200, {"items": [INCIDENT], "next": "x"})
    result = run(incidents, "list", "--all", url=fake.url)
    assert (result.exit_code, "circle" in result.output) == (1, True)


def test_colours_are_for_terminals(fake: Fake) -> None:
    """A terminal sees the tier in colour, a pipe plain text."""
    fake.answers[f"{INCIDENTS}?limit=100"] = (200, {"items": [INCIDENT], "next": None})
    assert "\x1b[31mhigh" in run(incidents, "list", url=fake.url, color=True).stdout
    assert "\x1b" not in run(incidents, "list", url=fake.url).stdout


def test_untrusted_text_cannot_reach_the_terminal(fake: Fake) -> None:
    """Control characters are gone from tables and pages; JSON escapes them and stays the same to a program."""
    hostile = PAGE | {"title": "a\x1b[2J\r\nINC-forged\x9b\u202e", "services": ["s\n"]}
    fake.answers[f"{INCIDENTS}?limit=100"] = (200, {"items": [hostile], "next": None})
    fake.answers[f"{INCIDENTS}/INC-261205-7K2M9P"] = (200, hostile)
    for words in (("list",), ("show", "INC-261205-7K2M9P"), ("list", "--json")):
        output = run(incidents, *words, url=fake.url, color=True).stdout
        assert not {"\x9b", "\u202e", "\r"} & set(output)
        assert "\x1b[2J" not in output
        assert "\nINC-forged" not in output
    assert json.loads(run(incidents, "list", "--json", url=fake.url).stdout)["items"][0]["title"] == hostile["title"]


def test_deliveries_are_listed(fake: Fake) -> None:
    """State first, the time of the next try while waiting, and the last error."""
    waiting = DELIVERY | {"state": "waiting", "attempts": []}
    fake.answers[f"{DELIVERIES}?limit=100"] = (200, {"items": [DELIVERY, waiting], "next": None})
    lines = run(deliveries, "list", url=fake.url).stdout.splitlines()
    assert lines[1].startswith("dead     opened  technical  technical-hook  2      -  ")
    assert lines[1].endswith("answered 404: no[2J hook")
    assert "0      2026-12-05 01:00:09Z  inc-261205-7k2m9p-1-0123456789ab" in lines[2]


def test_a_delivery_is_shown_with_its_tries(fake: Fake) -> None:
    """It is looked for among its incident's; a dead one says how to send it again."""
    fake.answers[f"{DELIVERIES}?incident=INC-261205-7K2M9P&limit=500"] = (200, {"items": [DELIVERY], "next": None})
    result = run(deliveries, "show", DELIVERY["id"].upper(), url=fake.url)
    assert result.exit_code == 0
    assert "2026-12-05 01:00:01Z  retried   http://127.0.0.1:9 answered 503" in result.stdout
    assert f"tocsin deliveries retry {DELIVERY['id']}" in result.stdout
    missing = run(deliveries, "show", "inc-261205-7k2m9p-1-ffffffffffff", url=fake.url)
    assert (missing.exit_code, "no delivery is called" in missing.output) == (1, True)


def test_problems_are_readable(fake: Fake) -> None:
    """An answer in problem+json becomes lines, cleaned, with exit code 1 and nothing on the output."""
    problem = {
        "title": "Bad request",
        "detail": "tier is wrong\x1b[2J",
        "problems": [{"path": "tier", "message": "no"}],
    }
    fake.answers[f"{INCIDENTS}?limit=100"] = (400, problem)
    result = run(incidents, "list", url=fake.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: Bad request: tier is wrong[2J\n  tier: no\n"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"title": "Unauthorized"}, "Unauthorized (who you are is said with --token or TOCSIN_TOKEN)"),
        (404, b"<html>", "answered 404 without saying why; is that a Tocsin?"),
        (200, b"<html>", "is that a Tocsin?"),
        (302, b"", "is that a Tocsin?"),
        (200, b"[" * 100_000, "is that a Tocsin?"),
        (503, {"title": "The store is out of reach"}, "The store is out of reach"),
    ],
)
def test_other_answers_are_errors_too(fake: Fake, status: int, body: object, words: str) -> None:
    """Whatever comes back, a person reads what to do."""
    fake.answers[f"{INCIDENTS}?limit=100"] = (status, body)
    result = run(incidents, "list", url=fake.url)
    assert (result.exit_code, words in result.stderr) == (1, True), result.stderr


def test_without_a_service_it_says_how_to_start_one() -> None:
    """A refused connection names the address and the way out."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = run(incidents, "list", url=url)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: no Tocsin answers at {url}. Start one with `tocsin serve`")


def test_the_environment_says_where_and_who(fake: Fake) -> None:
    """TOCSIN_URL, also with a path of its own, and TOCSIN_TOKEN."""
    run(incidents, "list", TOCSIN_URL=f"{fake.url}/tocsin/", TOCSIN_TOKEN="t0ken\n")
    assert fake.asked == ["GET /tocsin/api/v1/incidents?limit=100"]
    assert fake.headers[0]["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("url", ["127.0.0.1:9095", "ftp://x", "http://u:s3cret@x", "http://x:99999"])
def test_a_wrong_address_is_said(url: str) -> None:
    """With an example of a right one, and never with a password in it."""
    result = run(incidents, "list", url=url)
    assert (result.exit_code, "--url" in result.stderr, "s3cret" in result.output) == (1, True, False)


def test_a_token_with_line_ends_is_refused_unseen(fake: Fake) -> None:
    """It would forge a header; the error does not show it."""
    result = run(incidents, "list", "--token", "a\r\nX-Other: s3cret", url=fake.url)
    assert (result.exit_code, "s3cret" in result.output, fake.asked) == (1, False, [])


@pytest.mark.parametrize("words", [("list", "--tier", "huge"), ("list", "--limit", "501"), ("show",), ("fly",)])
def test_wrong_use_is_exit_code_2(words: tuple[str, ...]) -> None:
    """As click has it."""
    assert run(incidents, *words).exit_code == 2


def test_the_client_starts_without_the_service() -> None:
    """None of the service's heavy libraries is imported for a command."""
    heavy = "aiohttp asyncio redis pydantic uvloop prometheus_client yaml re2 msgspec"
    code = f"import sys, tocsin.client.commands; sys.exit(' '.join(set({heavy.split()}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
