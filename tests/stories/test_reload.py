"""Rule files that change while the service runs: what is sound is in force, what is not changes nothing."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.stories.plans import AT_ONCE
from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import Service, Start, wait_for, write_plan

RULE = "class: critical_function_outage\n    impact"
FAILING = AT_ONCE.replace(RULE, "class: cyber_attack\n    impact")
"""Sound, but not what its own test says."""

CYBER = FAILING[: FAILING.index("tests:")]
BROKEN = AT_ONCE.replace(RULE, "class: critical_outage\n    impact")
DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def plan_of(service: Service) -> str:
    """The hash of the plan in force."""
    samples = [line for line in service.get("/metrics").text.splitlines() if line.startswith("tocsin_plan_info")]
    (sample,) = samples
    return sample.split('"')[1]


def until_another(service: Service, before: str) -> None:
    """Wait until another plan is in force."""
    wait_for(lambda: plan_of(service) != before, "another plan")


def until_refused(service: Service) -> None:
    """Wait until rule files were refused."""
    wait_for(lambda: service.metric("plan_last_reload_successful") == 0, "a refusal")


def class_now(service: Service, hooks: Hooks, **labels: str) -> str:
    """The class of an incident that an alert opens now; the labels make it one of its own."""
    before = len(hooks.told("command"))
    service.alert(firing(**DOWN, **labels))
    hooks.until(lambda: len(hooks.told("command")) > before, "an opened incident")
    return str(hooks.told("command")[-1].body["incident"]["class"])


def test_an_edit_is_in_force_by_itself(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """An editor writes the file anew, and the next alert is decided by it; who is told already is told nothing."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    assert class_now(service, hooks) == "critical_function_outage"
    hooks.wait("opened", *GROUPS)
    before = plan_of(service)

    write_plan(rules, CYBER, hooks)
    until_another(service, before)

    assert class_now(service, hooks, env="stage") == "cyber_attack"
    assert service.alert(firing(**DOWN)) == {"received": 1, "repeated": 1}
    assert {group: hooks.events(group) for group in GROUPS} == dict.fromkeys(GROUPS, ["opened"] * 2)
    by_environment = {item["environment"]: item["class"] for item in service.incidents()}
    assert by_environment == {"prod": "critical_function_outage", "stage": "cyber_attack"}

    service.alert(resolved(**DOWN))
    cleared = hooks.wait("cleared", "command")["command"]["incident"]
    assert (cleared["class"], cleared["environment"]) == ("critical_function_outage", "prod")


def test_an_editors_rename(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """As vim does it: the file is moved away, and another written beside it and moved into its place."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    for number, text in enumerate((CYBER, AT_ONCE)):
        before = plan_of(service)
        write_plan(tmp_path / "elsewhere", text, hooks)
        (rules / "plan.yaml").rename(rules / "plan.yaml~")
        (rules / ".plan.yaml.swp").write_bytes((tmp_path / "elsewhere" / "plan.yaml").read_bytes())
        (rules / ".plan.yaml.swp").rename(rules / "plan.yaml")
        (rules / "plan.yaml~").unlink()
        until_another(service, before)
        assert class_now(service, hooks, env=f"e{number}") == ("cyber_attack", "critical_function_outage")[number]


def test_a_mounted_configmap(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """As Kubernetes does it: the files are links through ``..data``, which is swapped for another directory."""
    rules = tmp_path / "rules"
    rules.mkdir()
    write_plan(rules / "..1", AT_ONCE, hooks)
    (rules / "..data").symlink_to("..1")
    (rules / "plan.yaml").symlink_to("..data/plan.yaml")
    service = start(None, "--rules", rules)
    for number, text in enumerate((CYBER, AT_ONCE), start=2):
        before = plan_of(service)
        write_plan(rules / f"..{number}", text, hooks)
        (rules / "..data_tmp").symlink_to(f"..{number}")
        (rules / "..data_tmp").rename(rules / "..data")
        (rules / f"..{number - 1}" / "plan.yaml").unlink()
        (rules / f"..{number - 1}").rmdir()
        until_another(service, before)
    assert service.metric("plan_last_reload_successful") == 1


def test_a_link_to_the_release_in_use(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """The directory itself may be a link that is swapped, and the one that it then names is the one followed."""
    rules = tmp_path / "rules"
    rules.symlink_to(write_plan(tmp_path / "r1", AT_ONCE, hooks))
    service = start(None, "--rules", rules)
    before = plan_of(service)
    (tmp_path / "next").symlink_to(write_plan(tmp_path / "r2", CYBER, hooks))
    (tmp_path / "next").rename(rules)
    until_another(service, before)

    write_plan(tmp_path / "r2", AT_ONCE, hooks)
    wait_for(lambda: plan_of(service) == before, "the edit in the new one")


def test_a_bad_edit_changes_nothing(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """The old plan decides on, the problems are told with their place, and mending the file is enough."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    before = plan_of(service)

    write_plan(rules, BROKEN, hooks)
    until_refused(service)
    answer = service.post("/-/reload", None)

    assert answer.status == 422
    (problem,) = answer.json["problems"]
    assert problem["path"] == "rules[0].class"
    assert problem["message"].startswith(f"{rules}/plan.yaml:31:12: ")
    assert "did you mean `critical_function_outage`" in problem["message"]
    assert plan_of(service) == before
    assert class_now(service, hooks) == "critical_function_outage"

    write_plan(rules, AT_ONCE, hooks)
    wait_for(lambda: service.metric("plan_last_reload_successful") == 1, "the mended plan")
    assert plan_of(service) == before


def test_asked_by_signal_and_by_post(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """SIGHUP reads the files again, and so does ``POST /-/reload``, which answers the plan's hash."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    at = service.metric("plan_last_reload_success_timestamp_seconds")

    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: service.metric("plan_last_reload_success_timestamp_seconds") > at, "a reload")
    answer = service.post("/-/reload", None)

    assert (answer.status, answer.json) == (200, {"plan": plan_of(service)})


def test_tests_that_fail_refuse_the_reload(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """Rule files whose own tests fail are refused; ``--failing-tests warn`` takes them all the same."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    strict = start(None, "--rules", rules)
    lenient = start(None, "--rules", rules, "--namespace", "other", "--failing-tests", "warn")
    before = plan_of(strict)

    write_plan(rules, FAILING, hooks)

    until_refused(strict)
    (problem,) = strict.post("/-/reload", None).json["problems"]
    assert "class: expected critical_function_outage, got cyber_attack" in problem["message"]
    assert problem["message"].startswith(f"{rules}/plan.yaml:")
    until_another(lenient, before)
    assert plan_of(strict) == before

    begun = start(None, "--rules", rules, "--namespace", "third")
    assert plan_of(begun) == plan_of(lenient), "a start is not refused for them"


def test_a_channel_that_moves(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """What is waiting for a channel goes where the channel is now; what is on its way there is not sent again."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    hooks.answer("legal", 503)
    hooks.hang("data")
    service.alert(firing(**DOWN))
    hooks.until(lambda: bool(hooks.tried("legal")) and bool(hooks.tried("data")), "two sends under way")

    write_plan(rules, AT_ONCE.replace("/legal", "/lawyers").replace("/data", "/analysts"), hooks)
    hooks.until(lambda: bool(hooks.told("lawyers")), "the notice at the new address")

    assert hooks.tried("legal")[0].body["id"] == hooks.told("lawyers")[0].body["id"]
    assert hooks.tried("analysts") == []
    assert len(hooks.tried("data")) == 1
    hooks.hang("data", hanging=False)
    hooks.until(lambda: bool(hooks.told("analysts")), "the cut off notice at the new address")


def test_a_channel_that_goes_and_another_that_comes(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """What is owed to a channel that is gone is a dead letter; the new one gets what comes."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    hooks.answer("legal", 503)
    service.alert(firing(**DOWN))
    hooks.until(lambda: bool(hooks.tried("legal")), "a try")

    write_plan(rules, AT_ONCE.replace("legal-hook", "law-hook").replace("/legal", "/law"), hooks)
    wait_for(lambda: len(service.deliveries("?state=dead")) == 1, "a dead letter")
    (dead,) = service.deliveries("?state=dead")
    assert dead["channel"] == "legal-hook"
    assert "no longer has a channel legal-hook" in dead["attempts"][-1]["error"]
    assert service.metric("deliveries_dead", channel="legal-hook") == 1

    service.alert(firing(**DOWN, env="stage"))
    hooks.wait("opened", "law")


def test_a_channel_that_comes_back(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """A send under way to a channel that goes is finished as it began; once the channel is back, all is as before."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    hooks.hang("legal")
    service.alert(firing(**DOWN))
    hooks.until(lambda: bool(hooks.tried("legal")), "a send under way")
    write_plan(rules, AT_ONCE.replace("legal-hook", "law-hook").replace("/legal", "/law"), hooks)
    assert service.post("/-/reload", None).status == 200
    service.alert(firing(**DOWN, env="stage"))
    hooks.wait("opened", "law")
    assert service.deliveries("?state=dead") == []

    write_plan(rules, AT_ONCE, hooks)
    assert service.post("/-/reload", None).status == 200
    hooks.hang("legal", hanging=False)
    hooks.wait("opened", "legal")
    assert [told.body["incident"]["environment"] for told in hooks.told("legal")] == ["prod"]
    assert service.deliveries("?state=dead") == []


def test_tokens_and_secrets_are_read_again(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """A token that appears is asked for at once; a secret file that changed is taken though no rule file did."""
    secret = tmp_path / "token"
    secret.write_text("first\n")
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    before = plan_of(service)
    tokens = f"tokens:\n  all: {{may: [read, act, ingest], token: {{file: {secret}}}}}\n"
    write_plan(rules, AT_ONCE + tokens, hooks)
    wait_for(lambda: service.get("/api/v1/incidents").status == 401, "a login")
    assert service.get("/api/v1/incidents", "first").status == 200

    secret.write_text("second\n")
    answer = service.post("/-/reload", None, "first")

    assert answer.status == 200
    assert answer.json["plan"] != before
    assert service.get("/api/v1/incidents", "first").status == 401
    assert service.get("/api/v1/incidents", "second").status == 200


def test_the_last_token_cannot_go_beyond_loopback(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """A service that others reach refuses rule files without tokens, and says what to do."""
    tokens = "tokens:\n  all: {may: [read, act], token: {env: TOKEN}}\n"
    rules = write_plan(tmp_path / "rules", AT_ONCE + tokens, hooks)
    service = start(None, "--rules", rules, "--listen", "0.0.0.0:0", environment={"TOKEN": "t0ken"})
    write_plan(rules, AT_ONCE, hooks)

    answer = service.post("/-/reload", None, "t0ken")

    assert answer.status == 422
    assert "add a token under `tokens:`" in answer.json["problems"][0]["message"]
    assert service.get("/api/v1/incidents").status == 401


def test_a_directory_that_goes_and_comes_back(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """Without its directory the service goes on with what it has, and takes up the one that comes."""
    rules = write_plan(tmp_path / "rules", AT_ONCE, hooks)
    service = start(None, "--rules", rules)
    before = plan_of(service)
    rules.rename(tmp_path / "away")
    until_refused(service)
    assert class_now(service, hooks) == "critical_function_outage"

    write_plan(tmp_path / "next", CYBER, hooks).rename(rules)
    until_another(service, before)

    before = plan_of(service)
    write_plan(rules, AT_ONCE, hooks)
    until_another(service, before)
