"""The verbs of ``tocsin incidents`` and ``declare`` against a service on loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests.client.fake import INCIDENT, PAGE, Fake, serving

from tocsin._core.action import ACTS
from tocsin._core.clock import StoreClock
from tocsin._core.declaration import Declaration
from tocsin._core.fields import fields_of, read
from tocsin._core.times import HOUR, MINUTE, parse_time
from tocsin.client.acting import verbs
from tocsin.client.options import flag_of
from tocsin.client.wording import HELP

ID = INCIDENT["id"]
VERBS = {str(command.name): command for command in verbs()}
SAID = {
    "line": "a line",
    "words": "some words",
    "lines": "an item",
    "moment": "2026-12-05T01:00:00Z",
    "number": "2",
}


def actions(incident: str = ID) -> str:
    """Where an incident is acted upon."""
    return f"POST /api/v1/incidents/{incident}/actions"


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service, which takes every act."""
    with serving() as fake:
        fake.answers[actions()] = (200, INCIDENT)
        yield fake


def run(verb: str, *words: str, url: str = "", **env: str) -> Result:
    """One verb, as typed."""
    group = click.Group("incidents", commands=VERBS)
    return CliRunner().invoke(group, [verb, *words, *(["--url", url] if url else [])], env=env)


def everything(name: str, struct: Any) -> list[str]:
    """Every field of an act as its option."""
    words = []
    for field in fields_of(struct):
        if field.kind == "flag":
            words.append(flag_of(field.name))
        elif field.name.endswith("_seconds"):
            words += [flag_of(field.name), "30m"]
        else:
            words += [flag_of(field.name), field.choices[-1] if field.kind == "choice" else SAID[field.kind]]
    return words


def test_there_is_a_verb_for_each_action() -> None:
    """Named as the action, with dashes."""
    assert set(VERBS) == {name.replace("_", "-") for name in ACTS} | {"declare"}


@pytest.mark.parametrize("action", ACTS)
def test_every_field_of_an_action_can_be_said(fake: Fake, action: str) -> None:
    """What is typed is what the API reads, field by field."""
    result = run(action.replace("_", "-"), ID, *everything(action, ACTS[action]), "--as", "wang", url=fake.url)
    assert result.exit_code == 0, result.output
    (body,) = fake.bodies
    assert (body.pop("action"), body.pop("by")) == (action, "wang")
    assert set(body) == {field.name for field in fields_of(ACTS[action])}
    act, problems = read(ACTS[action], body)
    assert (act is not None, problems) == (True, [])


def test_every_field_is_explained() -> None:
    """--help says something of each field, and nothing of fields that there are not."""
    names = {field.name for struct in (*ACTS.values(), Declaration) for field in fields_of(struct)}
    assert {name.rpartition(" ")[2] for name in HELP} == names


def test_what_is_not_said_is_not_sent(fake: Fake) -> None:
    """Neither empty lists nor flags that were left alone."""
    run("restore", ID, "--as", "wang", url=fake.url)
    run("note", ID, "--text", "so", "--systems", "a", "--systems", "b", "--as", "wang", url=fake.url)
    run("change", ID, "--what", "x", "--no-tested", "--as", "wang", url=fake.url)
    assert fake.bodies == [
        {"action": "restore", "by": "wang"},
        {"action": "note", "text": "so", "systems": ["a", "b"], "by": "wang"},
        {"action": "change", "what": "x", "tested": False, "by": "wang"},
    ]


def test_who_acts_for_which_group_and_revision(fake: Fake) -> None:
    """--as or TOCSIN_AS, --group and --if-revision."""
    run("acknowledge", ID.lower(), "--group", "technical", "--if-revision", "0", url=fake.url, TOCSIN_AS="li.na")
    assert fake.asked == [actions()]
    assert fake.bodies == [{"action": "acknowledge", "by": "li.na", "group": "technical", "if_revision": 0}]


@pytest.mark.parametrize(
    ("words", "field", "distance"),
    [
        (("note", ID, "--text", "x", "--eta", "1h30m"), "eta", HOUR + 30 * MINUTE),
        (("restore", ID, "--at", "10m"), "at", -10 * MINUTE),
        (("declare", "--class", "x", "--title", "x", "--started-at", "1h"), "started_at", -HOUR),
    ],
)
def test_a_time_may_be_a_span_from_now(fake: Fake, words: tuple[str, ...], field: str, distance: int) -> None:
    """An estimate is ahead; when something began or was back lies behind."""
    run(*words, url=fake.url)
    wanted = StoreClock().now() + distance
    assert wanted - MINUTE < parse_time(fake.bodies[0][field]) <= wanted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("note", ID), "Missing option '--text'"),
        (("snooze", ID, "--for", "soon"), "'soon' is no duration"),
        (("snooze", ID, "--for", "1500ms"), "not a whole number of seconds"),
        (("snooze", ID, "--for", "8d"), "8d is not between 1s and 7d"),
        (("restore", ID, "--at", "yesterday"), "'yesterday' is neither a time, as in 2026-12-05T01:00:00Z"),
        (("restore", ID, "--at", "2026-13-05T01:00:00Z"), "is neither a time"),
        (("raise", ID, "--tier", "huge"), "'huge' is not one of"),
        (("close",), "Missing argument 'INCIDENT...'"),
        (("close", ID, "INC-2", "--if-revision", "3"), "--if-revision is the revision of one incident"),
    ],
)
def test_wrong_use_is_said_before_anything_is_asked(fake: Fake, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, in click's words or ours."""
    result = run(*words, url=fake.url)
    assert (result.exit_code, said in result.stderr, fake.asked) == (2, True, []), result.stderr


def test_many_at_once(fake: Fake) -> None:
    """Each is answered on its own line; one that is refused keeps nothing from the others, and the exit code is 1."""
    for name in ("INC-1", "INC-3"):
        item = INCIDENT | {"id": name, "state": "restored", "restored_at": "2026-12-05T02:00:00.000Z"}
        fake.answers[actions(name)] = (200, item)
    fake.answers[actions("INC-2")] = (409, {"title": "Conflict", "detail": "INC-2 is closed and takes reopen"})
    result = run("restore", "inc-1", "inc-2", "inc-4", "inc-3", "inc-1", "--as", "wang", url=fake.url)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "INC-1: restored, firing, as of 2026-12-05 02:00:00Z",
        "INC-3: restored, firing, as of 2026-12-05 02:00:00Z",
    ]
    assert result.stderr.splitlines() == [
        "INC-2: Conflict: INC-2 is closed and takes reopen",
        "INC-4: Not found: nothing at /api/v1/incidents/INC-4/actions",
        "2 of 4 refused",
    ]


def test_many_are_not_tried_where_nothing_answers() -> None:
    """A service that is away is said once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        result = run("close", "INC-1", "INC-2", url=f"http://127.0.0.1:{free.getsockname()[1]}")
    assert (result.exit_code, result.stderr.count("no Tocsin answers")) == (1, 1)


def test_a_conflict_says_what_is_possible_now(fake: Fake) -> None:
    """The revision, and the verbs that it takes."""
    current = {"revision": 5, "state": "closed", "allowed": ["reopen", "false_alarm"]}
    fake.answers[actions()] = (409, {"title": "Conflict", "detail": "it has changed", "current": current})
    result = run("close", ID, url=fake.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: Conflict: it has changed\n  it is at revision 5 now\n  it takes now: reopen, false-alarm\n"
    )


def test_who_may_not_reads_who_asked(fake: Fake) -> None:
    """The service says who may; the command says as whom it asked."""
    fake.answers[actions()] = (403, {"title": "Forbidden", "detail": "only command lowers a tier"})
    result = run("lower", ID, "--tier", "low", "--reason", "x", "--as", "wang", "--group", "legal", url=fake.url)
    assert result.stderr == (
        "Error: Forbidden: only command lowers a tier\n"
        "  you asked as wang for legal; --as, --group and --token say who you are\n"
    )
    assert "you asked as the token says;" in run("close", ID, url=fake.url).stderr


def test_faults_are_named_by_their_options(fake: Fake) -> None:
    """Not by the names that the API has for them."""
    problems = [{"path": path, "message": "no"} for path in ("for_seconds", "by", "group", "elsewhere")]
    fake.answers[actions()] = (422, {"title": "Unprocessable", "detail": "no", "problems": problems})
    result = run("snooze", ID, "--for", "7d", url=fake.url)
    assert fake.bodies[0]["for_seconds"] == 7 * 86_400
    assert result.stderr.splitlines()[1:] == ["  --for: no", "  --as: no", "  --group: no", "  elsewhere: no"]


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        ("acknowledge", {"acknowledged_by": "wang"}, "open, firing, acknowledged by wang"),
        ("assign --to wu", {"assigned_to": "wu"}, "open, firing, in charge: wu"),
        ("raise --tier high", {}, "open, firing, high, RTO by 2026-12-05 03:00:00Z, 1h57m left"),
        ("contain", {"state": "contained"}, "contained, firing"),
        (
            "merge --into INC-2",
            {"state": "closed", "outcome": "merged", "merged_into": "INC-2"},
            "closed (merged), into INC-2",
        ),
        ("add-service --service b", {"services": ["a", "b"]}, "open, firing, services a, b"),
        ("reclassify --class x", {}, "open, firing, critical_function_outage, also hw_sw_fault"),
        (
            "change --what x",
            {"changes": [{"number": 1}, {"number": 2, "missing": ["approver", "rollback_plan"]}]},
            "open, firing, change 2 WITHOUT APPROVER, ROLLBACK PLAN",
        ),
        ("change --number 1", {"changes": [{"number": 1}, {"number": 2}]}, "open, firing, change 1"),
        (
            "vendor-acknowledge --who Chen",
            {
                "vendor_terms": {"vendor": "acme", "acknowledged_by": "Chen"},
                "eta": {"at": "2026-12-05T04:00:00.000Z", "late": True},
            },
            "open, firing, acme has it: Chen, ETA 2026-12-05 04:00:00Z, later than the RTO",
        ),
        (
            "snooze --for 30m",
            {"snoozed_until": "2026-12-05T01:30:00.000Z"},
            "open, firing, no reminders until 2026-12-05 01:30:00Z; the RTO goes on",
        ),
        (
            "update --goal g --progress p --risks r",
            {"next_update_due": "2026-12-05T01:30:00.000Z"},
            "open, firing, next update due 2026-12-05 01:30:00Z",
        ),
    ],
)
def test_what_an_act_has_made_of_it_is_said(fake: Fake, words: str, more: dict[str, Any], said: str) -> None:
    """One line: the state, and what the act was about."""
    fake.answers[actions()] = (200, INCIDENT | more)
    verb, *rest = words.split()
    result = run(verb, ID, *rest, url=fake.url)
    assert result.stdout == f"{ID}: {said}\n", result.output


def test_the_answer_as_json(fake: Fake) -> None:
    """The incident, as the API answers it."""
    assert json.loads(run("close", ID, "--json", url=fake.url).stdout) == INCIDENT


def test_declaring(fake: Fake) -> None:
    """What was said is sent; the id is printed, who is told when, and what to do next."""
    fake.answers["POST /api/v1/incidents"] = (201, INCIDENT)
    decision = {"groups": ["technical", "command"], "wait_seconds": 30}
    fake.answers[f"GET /api/v1/incidents/{ID}"] = (200, PAGE | {"decision": decision})
    words = ("--class", "cyber_attack", "--title", "标题", "--tier", "high", "--drill", "--as", "wang")
    result = run("declare", *words, url=fake.url)
    assert result.exit_code == 0, result.output
    assert fake.bodies[0] == {"class": "cyber_attack", "title": "标题", "tier": "high", "drill": True, "by": "wang"}
    assert result.stdout.splitlines() == [
        f"{ID}: declared, high, RTO by 2026-12-05 03:00:00Z, 1h57m left",
        "  told in 30s to: technical, command",
        f"  take it up:    tocsin incidents acknowledge {ID} --group GROUP",
        f"  look at it:    tocsin incidents show {ID}",
    ]
    assert json.loads(run("declare", *words, "--json", url=fake.url).stdout) == INCIDENT


def test_a_declaration_that_is_refused(fake: Fake) -> None:
    """Faults are named by their options; a conflict names the incident that is open."""
    problem = {
        "title": "Unprocessable",
        "detail": "nothing was declared",
        "problems": [{"path": "class", "message": "no"}],
    }
    fake.answers["POST /api/v1/incidents"] = (422, problem)
    result = run("declare", "--class", "x", "--title", "x", url=fake.url)
    assert (result.exit_code, result.stderr) == (1, "Error: Unprocessable: nothing was declared\n  --class: no\n")
