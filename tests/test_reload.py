"""Reloading: all or nothing, one after the other, and no rule file does harm to a plan that is in force."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from tests._plan.test_any_file import bomb
from tests._plan.written import SMALL
from tests.support.clock import ManualClock

from tocsin._core.errors import ConfigurationError, PlanError
from tocsin._core.message import Sender
from tocsin._core.plan import Channel, Plan
from tocsin._core.times import Millis
from tocsin.plan import Current
from tocsin.reload import Reloader, Rules

PLAN = (SMALL / "plan.yaml").read_text(encoding="utf-8")
OTHER = PLAN.replace("language: en ", "language: zh ")


class Channels:
    """Channels that only note what they are to follow; ``wrong`` is what is wrong with their settings."""

    def __init__(self) -> None:
        self.followed: list[Mapping[str, Channel]] = []
        self.wrong = ""

    def prepare(self, channels: Mapping[str, Channel]) -> dict[str, Sender]:
        """Make nothing."""
        if self.wrong:
            raise ConfigurationError(self.wrong)
        return {}

    def follow(self, channels: Mapping[str, Channel], senders: Mapping[str, Sender]) -> None:
        """Note it."""
        self.followed.append(channels)


class Measures:
    """Notes the hash of each plan that came into force, and ``""`` for each refusal."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.loaded = asyncio.Event()

    def plan_loaded(self, plan: Plan, at: Millis) -> None:
        """A plan came into force."""
        self.noted.append(plan.hash)
        self.loaded.set()

    def plan_refused(self) -> None:
        """Rule files were refused."""
        self.noted.append("")


class Running:
    """A plan in force that came from a directory, and what follows it."""

    def __init__(self, directory: Path, *, rules: Rules | None = None, refuse_failing: bool = True) -> None:
        self.file = directory / "plan.yaml"
        self.file.write_text(PLAN, encoding="utf-8")
        self.rules = rules or Rules(directory, {})
        self.current = Current(self.rules.load())
        self.before = self.current.edition
        self.channels = Channels()
        self.measures = Measures()
        self.clock = ManualClock()
        self.reloader = Reloader(
            self.rules,
            current=self.current,
            channels=self.channels,
            admit=self.admit,
            measures=self.measures,
            clock=self.clock,
            refuse_failing=refuse_failing,
        )

    def admit(self, plan: Plan) -> None:
        """Admit any."""

    async def refused(self) -> list[str]:
        """The problems of a reload that is refused and changes nothing."""
        with pytest.raises(PlanError) as caught:
            await self.reloader.reload()
        assert self.current.edition is self.before
        assert self.channels.followed == []
        assert self.measures.noted[-1] == ""
        return [problem.head for problem in caught.value.problems]


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """The small plan, in force."""
    return Running(tmp_path)


async def test_a_sound_edit_is_one_swap(running: Running) -> None:
    """Another plan, its compiled rules with it; channels follow, and it is counted."""
    running.file.write_text(OTHER, encoding="utf-8")
    found = await running.reloader.reload()
    assert running.current.plan().hash == found != running.before.plan.hash
    assert running.current.edition.classifier is not running.before.classifier
    assert running.channels.followed == [running.current.plan().channels]
    assert running.measures.noted == [found]


async def test_a_look_at_what_has_not_changed_reads_nothing(running: Running) -> None:
    """Touched, written anew with the same bytes, or with files that are none of ours: nothing is reloaded."""
    running.file.touch()
    running.file.write_text(PLAN, encoding="utf-8")
    (running.file.parent / ".plan.yaml.swp").write_text("x", encoding="utf-8")
    (running.file.parent / "notes.txt").write_text("x", encoding="utf-8")
    await running.reloader.look()
    assert running.measures.noted == []
    running.file.write_text(OTHER, encoding="utf-8")
    await running.reloader.look()
    await running.reloader.look()
    assert running.measures.noted == [running.current.plan().hash]


async def test_what_is_refused_is_told_once(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """However often a bad file is looked at; with its problems in one line of the log, the first of very many."""
    running.file.write_text("".join(f"key{number}: 1\n" for number in range(1_000)), encoding="utf-8")
    for _ in range(3):
        await running.reloader.look()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "the rule files are refused; the plan before stays"
    assert len(record.__dict__["problems"]) == 20
    assert record.__dict__["more"] > 100
    assert all(len(problem) <= 400 for problem in record.__dict__["problems"])


async def test_a_secret_that_changed_is_a_change(tmp_path: Path) -> None:
    """The hash of the rule files stays, and the secret in force is the one that is in its file now."""
    rules, secret = tmp_path / "rules", tmp_path / "secret"
    rules.mkdir()
    secret.write_text("first\n", encoding="utf-8")
    running = Running(rules)
    entry = f"tokens:\n  all: {{may: [read], token: {{file: {secret}}}}}\n"
    running.file.write_text(PLAN + entry, encoding="utf-8")
    found = await running.reloader.reload()
    secret.write_text("second\n", encoding="utf-8")
    await running.reloader.look()
    assert running.current.plan().hash == found
    assert running.current.plan().tokens["all"].token.reveal() == "second"
    secret.unlink()
    await running.reloader.look()
    assert running.current.plan().tokens["all"].token.reveal() == "second"
    assert running.measures.noted == [found, found, ""]
    secret.write_text("third\n", encoding="utf-8")
    await running.reloader.look()
    assert running.current.plan().tokens["all"].token.reveal() == "third"


async def test_what_nobody_tells_of_is_seen_in_time(tmp_path: Path) -> None:
    """A secret lies where nothing is watched: it is looked at every 30 seconds, and not all the time."""
    rules, secret = tmp_path / "rules", tmp_path / "secret"
    rules.mkdir()
    secret.write_text("first\n", encoding="utf-8")
    running = Running(rules)
    entry = f"tokens:\n  all: {{may: [read], token: {{file: {secret}}}}}\n"
    running.file.write_text(PLAN + entry, encoding="utf-8")
    following = asyncio.create_task(running.reloader.run())
    await asyncio.wait_for(running.measures.loaded.wait(), 10)
    assert running.current.plan().tokens["all"].token.reveal() == "first"

    running.measures.loaded.clear()
    secret.write_text("second\n", encoding="utf-8")
    running.clock.advance(31_000)
    await asyncio.wait_for(running.measures.loaded.wait(), 10)
    assert running.current.plan().tokens["all"].token.reveal() == "second"

    running.measures.loaded.clear()
    running.reloader.ask()
    await asyncio.wait_for(running.measures.loaded.wait(), 10)
    following.cancel()
    await asyncio.wait([following])


async def test_channels_that_cannot_work_refuse_it(running: Running) -> None:
    """Each mistake is a problem of its own."""
    running.file.write_text(OTHER, encoding="utf-8")
    running.channels.wrong = "channels.a.secret is none\nchannels.b.secret is none"
    directory = running.file.parent
    assert await running.refused() == [
        f"{directory}: channels.a.secret is none",
        f"{directory}: channels.b.secret is none",
    ]


async def test_a_fault_of_ours_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What fails in a way that nobody thought of is logged with its traceback, and the plan before stays."""

    class Faulty(Rules):
        """Reads once, then fails."""

        def load(self) -> Plan:
            if self._digest:
                raise RecursionError("too deep")
            return super().load()

    running = Running(tmp_path, rules=Faulty(tmp_path, {}))
    running.file.write_text(OTHER, encoding="utf-8")
    await running.reloader.look()
    assert running.current.edition is running.before
    assert running.measures.noted == [""]
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR"]


async def test_one_after_the_other(tmp_path: Path) -> None:
    """Reloads that are asked for at the same time do not meet, and each reads what is there when its turn comes."""

    class Counting(Rules):
        """Counts how many read at a time."""

        lock = threading.Lock()
        most = now = 0

        def load(self) -> Plan:
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            plan = super().load()
            with self.lock:
                self.now -= 1
            return plan

    rules = Counting(tmp_path, {})
    running = Running(tmp_path, rules=rules)
    running.file.write_text(OTHER, encoding="utf-8")
    asked: list[Callable[[], Awaitable[object]]] = [running.reloader.reload, running.reloader.look] * 5
    await asyncio.gather(*(ask() for ask in asked))
    assert rules.most == 1
    assert set(running.measures.noted) == {running.current.plan().hash}


async def test_failing_tests_can_be_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Rule files whose own tests fail are refused with what was expected and where, or only warned of."""
    failing = PLAN.replace("tier: high, rto: 2h", "tier: low, rto: 2h")
    running = Running(tmp_path)
    running.file.write_text(failing, encoding="utf-8")
    (problem,) = await running.refused()
    line = 1 + failing[: failing.index("- name: the gateway is high")].count("\n")
    said = "the test `the gateway is high` fails: tier: expected low, got high"
    assert problem == f"{running.file}:{line}:1: {said}"

    lenient = Running(tmp_path, refuse_failing=False)
    lenient.file.write_text(failing, encoding="utf-8")
    assert lenient.measures.noted == []
    await lenient.reloader.reload()
    assert lenient.current.edition is not lenient.before
    assert any("tier: expected low" in str(record.__dict__.get("problems")) for record in caplog.records)


def _to_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _to_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def _to_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _to_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def _to_file(file: Path) -> None:
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("", encoding="utf-8")


HARM: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "not UTF-8": (lambda file: file.write_bytes(b"rules: []\nx: \xff\xfe"), "plan.yaml:2:4: not UTF-8"),
    "50 MB": (lambda file: file.write_bytes(b"# " + b"x" * (50 << 20)), "is larger than 5 MiB"),
    "deep": (lambda file: file.write_bytes(b"a: " + b"[" * 1_000_000), "nested deeper"),
    "a bomb of aliases": (lambda file: file.write_bytes(bomb()), "more than"),
    "an empty directory": (lambda file: file.unlink(), "there is no *.yaml in this directory"),
    "a file that is a directory": (_to_directory, "this is a directory"),
    "a link to nothing": (_to_dangling_link, "points to nothing"),
    "a link to itself": (_to_loop, "cannot be read"),
    "a pipe": (_to_pipe, "no regular file"),
    "no directory": (lambda file: file.parent.rename(file.parent.with_name("away")), "there is no such directory"),
    "a directory that is a file": (_to_file, "this is no directory"),
}


@pytest.mark.parametrize("name", HARM)
async def test_nothing_in_the_directory_does_harm(tmp_path: Path, name: str) -> None:
    """A clear problem, the plan before in force; and once it is mended, all goes on."""
    (tmp_path / "rules").mkdir()
    running = Running(tmp_path / "rules")
    harm, said = HARM[name]
    harm(running.file)
    assert any(said in problem for problem in await running.refused())
    await running.reloader.look()
    assert running.measures.noted == [""]

    (tmp_path / "mended").mkdir()
    (tmp_path / "mended" / "plan.yaml").write_text(OTHER, encoding="utf-8")
    if running.file.parent.exists():
        running.file.parent.rename(tmp_path / "broken")
    (tmp_path / "mended").rename(tmp_path / "rules")
    await running.reloader.look()
    assert running.measures.noted == ["", running.current.plan().hash]
