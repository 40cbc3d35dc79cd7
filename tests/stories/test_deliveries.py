"""Deliveries: every try is kept, a dead channel stops no other, and a person sends a dead letter again."""

from __future__ import annotations

import json

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, wait_for

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def test_a_channel_that_is_briefly_away_gets_its_notice_later(start: Start, hooks: Hooks) -> None:
    """500 and 429 are tried again, with the same id each time, and ``Retry-After`` is honoured."""
    service = start(SMALL_PLAN)
    hooks.answer("legal", 500, 429, 200, headers={"Retry-After": "1"})

    service.alert(firing(**DOWN))

    hooks.wait("opened", *GROUPS)
    tries = hooks.tried("legal")
    assert len(tries) == 3
    assert len({told.headers["Idempotency-Key"] for told in tries}) == 1
    assert {told.headers["Idempotency-Key"] for told in tries} == {told.body["id"] for told in tries}
    wait_for(lambda: not service.deliveries("?state=waiting"), "nothing that waits")
    (delivery,) = service.deliveries("?channel=legal-hook")
    assert [attempt["result"] for attempt in delivery["attempts"]] == ["retried", "retried", "accepted"]
    assert "500" in delivery["attempts"][0]["error"]


def test_a_dead_channel_stops_no_other_and_the_fallback_is_told(start: Start, hooks: Hooks) -> None:
    """A channel that says no is not asked again; its group's fallback gets the notice under an id of its own."""
    service = start(SMALL_PLAN)
    hooks.answer("technical", 404)

    service.alert(firing(**DOWN))

    hooks.wait("opened", "command", "business", "legal", "data")
    hooks.until(lambda: len(hooks.told("command")) == 2, "command's own notice, and technical's")
    own, instead = sorted((told.body for told in hooks.told("command")), key=lambda body: body["group"])
    assert (own["group"], instead["group"]) == ("command", "technical")
    assert own["notice"] == instead["notice"]
    assert own["id"] != instead["id"]
    assert len(hooks.tried("technical")) == 1


def test_dead_letters_are_listed_and_sent_again(start: Start, hooks: Hooks) -> None:
    """``tocsin deliveries``: list the dead ones, look at one, mend the channel, and retry."""
    service = start(SMALL_PLAN)
    hooks.answer("data", 410)
    service.alert(firing(**DOWN))
    hooks.wait("opened", "command")
    wait_for(lambda: bool(service.deliveries("?state=dead")), "a dead letter")

    listed = service.tocsin("deliveries", "list", "--state", "dead")
    assert listed.returncode == 0
    assert "data-hook" in listed.stdout
    assert "410" in listed.stdout

    (dead,) = json.loads(service.tocsin("deliveries", "list", "--state", "dead", "--json").stdout)["items"]
    shown = service.tocsin("deliveries", "show", dead["id"])
    assert f"tocsin deliveries retry {dead['id']}" in shown.stdout

    hooks.answer("data", 200)
    retried = service.tocsin("deliveries", "retry", dead["id"])
    assert (retried.returncode, retried.stdout) == (0, f"{dead['id']}: waiting\n")

    opened = hooks.wait("opened", "data")["data"]
    assert opened["id"] == dead["id"]
    wait_for(lambda: not service.deliveries("?state=dead"), "no dead letters")
    assert service.tocsin("deliveries", "list", "--state", "dead").stderr == "no deliveries\n"


def test_a_delivery_that_nobody_knows(start: Start) -> None:
    """A wrong id says so, and where to look."""
    service = start(SMALL_PLAN)

    unknown = service.tocsin("deliveries", "show", "inc-261123-abcdef-1-2")

    assert unknown.returncode == 1
    assert "tocsin deliveries list" in unknown.stderr


def test_all_dead_letters_of_a_channel_are_sent_again(start: Start, hooks: Hooks) -> None:
    """Once a channel is mended, one command sends all that it is owed; the others' stay."""
    service = start(SMALL_PLAN)
    hooks.answer("data", 410)
    hooks.answer("legal", 410)
    service.alert(firing(**DOWN))
    wait_for(lambda: len(service.deliveries("?state=dead")) == 2, "two dead letters")

    hooks.answer("data", 200)
    assert service.tocsin("deliveries", "retry", "--channel", "data-hook").stdout == "1 taken up again\n"

    hooks.wait("opened", "data")
    wait_for(lambda: len(service.deliveries("?state=dead")) == 1, "one dead letter")
    unknown = service.tocsin("deliveries", "retry", "--channel", "date-hook")
    assert (unknown.returncode, "there are: business-hook, " in unknown.stderr) == (1, True)


def test_a_dead_letter_is_given_up(start: Start, hooks: Hooks) -> None:
    """By a person and with a reason, which stay with it and in the incident's timeline; it is dead no more."""
    service = start(SMALL_PLAN)
    hooks.answer("data", 410)
    service.alert(firing(**DOWN))
    wait_for(lambda: service.metric("deliveries_dead", channel="data-hook") == 1, "a dead letter")
    (dead,) = service.deliveries("?state=dead")

    nobody = service.tocsin("deliveries", "drop", dead["id"], "--reason", "the data team was called")
    assert (nobody.returncode, "--as: must name the person" in nobody.stderr) == (1, True)
    dropped = service.tocsin("deliveries", "drop", dead["id"], "--reason", "they were called", "--as", "zhang.wei")
    assert (dropped.returncode, dropped.stdout) == (0, f"{dead['id']}: dropped\n")

    assert service.metric("deliveries_dead", channel="data-hook") == 0
    assert service.metric("deliveries_total", channel="data-hook", result="superseded") == 1
    assert service.deliveries("?state=dead") == []
    (kept,) = service.deliveries("?state=superseded")
    assert (kept["dropped"]["by"], kept["dropped"]["reason"]) == ("zhang.wei", "they were called")
    assert [attempt["result"] for attempt in kept["attempts"]] == ["dead"]

    incident = service.get(f"/api/v1/incidents/{dead['incident']}").json
    (entry,) = [entry for entry in incident["timeline"] if entry["action"] == "letters_dropped"]
    assert (entry["actor"], entry["via"]) == ("zhang.wei", "cli")
    assert service.tocsin("incidents", "verify", dead["incident"]).returncode == 0
    assert "dropped by zhang.wei" in service.get(f"/api/v1/incidents/{dead['incident']}/report").text

    again = service.post(f"/api/v1/deliveries/{dead['id']}/drop", {"by": "li.na", "reason": "twice"})
    assert again.json["dropped"]["by"] == "zhang.wei"
    told = next(one for one in service.deliveries() if one["state"] == "accepted")
    refused = service.post(f"/api/v1/deliveries/{told['id']}/drop", {"by": "li.na", "reason": "no"})
    assert (refused.status, refused.json["current"]) == (409, {"state": "accepted"})


def test_only_known_people_give_up_letters(start: Start) -> None:
    """Where the plan lists people, one of them; and which letters are meant must be plain."""
    service = start(SMALL_PLAN + "people: {li.na: {title: 李娜, groups: [legal]}}\n")

    def paths(body: object) -> list[str]:
        answer = service.post("/api/v1/deliveries/drop", body)
        assert answer.status == 422
        return [problem["path"] for problem in answer.json["problems"]]

    assert paths({"by": "mallory", "reason": "x", "all": True}) == ["by"]
    assert paths({"by": "li.na", "all": True}) == ["reason"]
    assert paths({"by": "li.na", "reason": "x"}) == ["channel"]
    assert paths({"by": "li.na", "reason": "x", "all": True, "channel": "data-hook"}) == ["channel"]
    done = service.post("/api/v1/deliveries/drop", {"by": "li.na", "reason": "x", "all": True})
    assert (done.status, done.json) == (200, {"dropped": 0, "next": None})
