"""Secrets come from the environment or a file, and are never shown."""

from __future__ import annotations

from pathlib import Path

from tests._plan.written import plan_of, problems_of, told

from tocsin._core.secret import Secret
from tocsin.plan import check

HOOK = "channels: {hook: {type: webhook, url: {env: HOOK_URL}, secret: {file: keys/hook}, headers: {X-Key: {env: K}}}}"


def test_a_channel_takes_its_secrets_from_both(tmp_path: Path) -> None:
    """An address, a key and a header: each a ``Secret``; a file's path is from the rules' directory."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "hook").write_text("s3cret\n", encoding="utf-8")
    plan = plan_of(tmp_path, HOOK, HOOK_URL="https://hooks.example/T0K3N", K="k-1")
    settings = plan.channels["hook"].settings
    assert settings["url"] == Secret("https://hooks.example/T0K3N")
    assert settings["secret"] == Secret("s3cret")
    assert settings["headers"] == {"X-Key": Secret("k-1")}
    assert "T0K3N" not in repr(plan) and "s3cret" not in repr(plan)


def test_any_text_may_come_from_the_environment(tmp_path: Path) -> None:
    """What is no secret becomes plain text: the external URL, a title, a label's value."""
    plan = plan_of(
        tmp_path,
        "external_url: {env: URL}\nvendors: {acme: {title: {env: T}}}\n"
        "sources: {prometheus: {labels: {location: {env: L}}}}",
        URL="https://tocsin.example/",
        T="Acme",
        L="bj",
    )
    assert (plan.external_url, plan.vendors["acme"].title.en) == ("https://tocsin.example", "Acme")
    assert plan.sources["prometheus"].labels == {"location": "bj"}


def test_what_is_not_set_is_an_error_that_names_it(tmp_path: Path) -> None:
    """An unset or empty variable and a missing file are told at their places, all at once."""
    assert told(problems_of(tmp_path, HOOK, K="")) == [
        (1, 39, "the environment variable HOOK_URL is not set, or empty"),
        (1, 64, f"there is no file {tmp_path}/keys/hook"),
        (1, 100, "the environment variable K is not set, or empty"),
    ]


def test_for_check_it_is_a_warning_and_there_is_a_plan(tmp_path: Path) -> None:
    """Rule files are checked where the secrets are not: a warning each, an empty secret, and a plan to work with."""
    (tmp_path / "plan.yaml").write_text(HOOK, encoding="utf-8")
    problems, plan = check(tmp_path, {})
    assert [problem.warning for problem in problems] == [True] * 3
    assert plan is not None
    assert plan.channels["hook"].settings["url"] == Secret("")


def test_a_secret_file_must_be_readable_text(tmp_path: Path) -> None:
    """A directory, an empty file, one that is no text and one that is too large are each told."""
    (tmp_path / "dir").mkdir()
    for name, data in (("empty", b"\n"), ("binary", b"\xff"), ("large", b"x" * 70_000)):
        (tmp_path / name).write_bytes(data)
    names = ("dir", "empty", "binary", "large")
    text = "tokens: {" + ", ".join(f"{name}: {{may: [read], token: {{file: {name}}}}}" for name in names) + "}"
    said = [message for _, _, message in told(problems_of(tmp_path, text))]
    ends = ("there is no file", "is empty", "is not UTF-8 text", "is larger than 64 KiB")
    assert all(end in message for end, message in zip(ends, said, strict=True))


def test_a_secret_that_is_wrong_is_not_told(tmp_path: Path) -> None:
    """An address from the environment that is no address is an error, and the error does not hold it."""
    (problem,) = problems_of(tmp_path, "channels: {h: {type: webhook, url: {env: HOOK}}}", HOOK="hunter2 is no url")
    assert "must be a whole address" in problem.message
    assert "hunter2" not in str(problem)


def test_a_secret_in_the_file_works_but_is_warned_of(tmp_path: Path) -> None:
    """It loads; ``check`` says what to write instead, and shows stars in its place."""
    text = "channels: {h: {type: webhook, url: 'http://x', secret: hunter2}}"
    assert plan_of(tmp_path, text).channels["h"].settings["secret"] == Secret("hunter2")
    problems, plan = check(tmp_path, {})
    assert plan is not None
    assert [problem.warning for problem in problems] == [True]
    assert "{env: NAME}" in problems[0].message and "hunter2" not in str(problems[0])


def test_the_address_of_a_dead_mans_switch_is_a_secret(tmp_path: Path) -> None:
    """Whoever knows it can keep the switch quiet: written into the file it is warned of, and not shown."""
    (tmp_path / "plan.yaml").write_text("watchdog: {url: 'https://hc-ping.com/0b5c-uuid'}", encoding="utf-8")
    (problem,), plan = check(tmp_path, {})
    assert plan is not None and problem.warning
    assert (problem.path, problem.line, problem.column) == ("watchdog.url", 1, 17)
    assert "an address that is or holds a secret" in problem.message and "0b5c" not in str(problem)


def test_secrets_of_a_list_are_warned_of_and_not_shown(tmp_path: Path) -> None:
    """Each at its place; and stars stand for them where something else of the line is wrong, too."""
    text = "channels: {h: {type: webhook, url: 'http://x', secrets: [hunter2, {env: OLD}]}}"
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    problems, _ = check(tmp_path, {"OLD": "x"})
    assert [problem.message.split(" is ")[0] for problem in problems if "written" in problem.message] == [
        "`secrets[0]`"
    ]
    assert "hunter2" not in "".join(map(str, problems))
    (broken,) = problems_of(tmp_path, "channels: {h: {secrets: [hunter2], type: webhook, url: 'http://x', wrong: [}}")
    assert "hunter2" not in str(broken)
