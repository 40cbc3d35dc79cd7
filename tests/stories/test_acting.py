"""The life of an incident on the command line, from its declaration to its close."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Service, Start, wait_for

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
LOST = SMALL_PLAN + "\nsources: {prometheus: {expires: 1s}}\n"


class Person:
    """Somebody at a terminal, who acts for a group."""

    def __init__(self, service: Service, name: str, group: str) -> None:
        self._service = service
        self._who = ("--as", name, "--group", group)

    def tries(self, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Do something about incidents, which may be refused."""
        return self._service.tocsin("incidents", verb, *words, *self._who)

    def does(self, verb: str, *words: str) -> str:
        """Do something about incidents; answers what is said to it."""
        done = self.tries(verb, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def is_refused(self, verb: str, *words: str) -> str:
        """Try what is refused; answers why."""
        done = self.tries(verb, *words)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr


def declared(person: Person, *words: str) -> str:
    """Declare an incident; answers its id."""
    said = person.does("declare", *words)
    found = re.match(r"(INC-\S+): declared, ", said)
    assert found, said
    return found[1]


def test_from_declaration_to_close(start: Start, hooks: Hooks) -> None:
    """A person declares what no alert can see; others take it up, say how it stands, restore and close it."""
    service = start(SMALL_PLAN)
    zhang = Person(service, "zhang.wei", "technical")
    wang = Person(service, "wang", "command")

    said = zhang.does(
        "declare", "--class", "cyber_attack", "--title", "Strange logins", "--tier", "high", "--service", "payments",
        "--known-cause", "a stolen password", "--started-at", "20m",
    )  # fmt: skip
    name = said.partition(":")[0]
    assert f"tocsin incidents acknowledge {name}" in said
    hooks.wait("opened", *GROUPS)

    assert "acknowledged by zhang.wei" in zhang.does("acknowledge", name)
    assert "in charge: li.na" in zhang.does("assign", name.lower(), "--to", "li.na")
    told = zhang.does(
        "update", name, "--goal", "no stranger inside", "--progress", "accounts closed", "--risks", "data may be gone",
        "--eta", "1h", "--datasets", "orders", "--datasets", "customers",
    )  # fmt: skip
    assert "next update due" in told
    hooks.wait("updated", *GROUPS)
    assert "WITHOUT APPROVER, ROLLBACK PLAN" in zhang.does("change", name, "--what", "lock all accounts")
    mended = ("--number", "1", "--approver", "wang", "--rollback-plan", "unlock them", "--tested")
    assert zhang.does("change", name, *mended).endswith(", change 1")
    assert zhang.does("contain", name).startswith(f"{name}: contained")
    assert "the RTO goes on" in zhang.does("snooze", name, "--for", "30m")

    assert "restored, " in zhang.does("restore", name, "--despite-firing")
    assert "only command" in zhang.is_refused("close", name)
    assert wang.does("close", name, "--reason", "done") == f"{name}: closed (recovered)"
    hooks.wait("closed", *GROUPS)
    assert "is closed and takes reopen" in zhang.is_refused("contain", name)

    shown = service.tocsin("incidents", "show", name).stdout
    for words in ("a stolen password", "accounts closed", "unlock them", "li.na"):
        assert words in shown


def test_what_is_refused(start: Start, hooks: Hooks) -> None:
    """Only command lowers; whoever saw another revision is told which it is now; faults are named by options."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    name = service.incident()["id"]
    zhang = Person(service, "zhang.wei", "technical")
    wang = Person(service, "wang", "command")

    lower = ("lower", name, "--tier", "medium", "--reason", "few customers")
    refused = zhang.is_refused(*lower)
    assert "only command lowers a tier" in refused
    assert "you asked as zhang.wei for technical" in refused
    seen = service.incident()["revision"]
    assert ", medium, RTO by " in wang.does(*lower)
    late = zhang.is_refused("raise", name, "--tier", "high", "--if-revision", str(seen))
    assert f"it is at revision {service.incident()['revision']} now" in late
    assert service.incident()["tier"] == "medium"

    assert "say so with --despite-firing" in zhang.is_refused("restore", name)
    assert "  --at: must be between" in zhang.is_refused("restore", name, "--at", "9d", "--despite-firing")
    assert "  --what: " in zhang.is_refused("change", name)
    assert "  --into: " in zhang.is_refused("merge", name, "--into", "INC-260101-AAAAAA")


def test_signals_that_were_lost_say_no_time(start: Start, hooks: Hooks) -> None:
    """What was only lost from sight is restored with a time, or not at all."""
    service = start(LOST)
    service.alert(firing(**DOWN))
    hooks.wait("cleared", *GROUPS)
    name = service.incident()["id"]
    zhang = Person(service, "zhang.wei", "technical")
    assert "  --at: must say when it was back" in zhang.is_refused("restore", name)
    assert "restored, cleared, as of" in zhang.does("restore", name, "--at", "0s")


def test_many_at_once(start: Start, hooks: Hooks) -> None:
    """Several are merged into one with one command; what is refused keeps nothing from the others."""
    service = start(SMALL_PLAN)
    zhang = Person(service, "zhang.wei", "technical")
    parent, *children = [
        declared(zhang, "--class", "quality_failure", "--title", "Slow", "--tier", "medium", "--service", service_name)
        for service_name in ("a", "b", "c")
    ]
    done = zhang.tries("merge", *children, parent, "--into", parent)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [f"{child}: closed (merged), into {parent}" for child in children]
    assert "is the same incident" in done.stderr
    assert done.stderr.endswith("1 of 3 refused\n")
    wait_for(lambda: len(service.incidents("?state=active")) == 1, "one that goes on")
    listed = json.loads(service.tocsin("incidents", "list", "--json").stdout)["items"]
    assert {item["id"]: item.get("merged_into") for item in listed} == {parent: None, **dict.fromkeys(children, parent)}


@pytest.mark.parametrize("words", [("--class", "nonsense"), ("--class", "cyber_attack", "--tier", "high", "--as", " ")])
def test_a_declaration_that_makes_no_sense(start: Start, words: tuple[str, ...]) -> None:
    """Each fault is named by its option, and nothing is declared."""
    service = start(SMALL_PLAN)
    done = service.tocsin("incidents", "declare", "--title", "x", *words)
    assert done.returncode == 1
    assert f"  {words[-2]}: " in done.stderr or "  --as: " in done.stderr
    assert service.incidents() == []
