"""Rule files that change while the service runs: read again, built and checked whole, then swapped as one reference.

In: a change in their directory, SIGHUP, ``POST /-/reload``. Out: another ``Current.edition``, and channels that
follow it; or all problems, and nothing has changed. What takes long runs in a thread; the swap does not give way,
so that whoever asks sees the plan before or the plan after. One reload at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from watchfiles import awatch

from tocsin._core.clean import one_line
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, PlanError
from tocsin._core.message import Sender
from tocsin._core.plan import Channel, Plan
from tocsin._core.problems import Problem
from tocsin._core.times import Millis
from tocsin._plan.files import rules_digest, secret_digest
from tocsin.plan import MAX_PROBLEMS, Current, Edition, load
from tocsin.rehearse import Result, rehearse

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
"""Seconds after which the files are looked at though nothing was heard of a change: of secrets in other directories
nothing is heard, nor on some network file systems."""

SETTLES_WITHIN = 100
SETTLES_AT_MOST = 1_000
"""Milliseconds without a change after which the files are read, and how long that is waited for."""

GLANCE = 1_000
"""Milliseconds between glances at whether the directory is still the one that is watched."""

LOGGED = 20
"""Problems of a refused reload that are logged; the answer to ``POST /-/reload`` and ``tocsin check`` have more."""

LOGGED_CHARACTERS = 400

FAILING = "tests of the rule files fail; `tocsin test` says how"


class Channels(Protocol):
    """What follows the plan's channels."""

    def prepare(self, channels: Mapping[str, Channel]) -> dict[str, Sender]:
        """Senders for what is new or changed. Raises ``ConfigurationError``, a line for each mistake."""
        ...

    def follow(self, channels: Mapping[str, Channel], senders: Mapping[str, Sender]) -> None:
        """Send by these channels from now on."""
        ...


class Measures(Protocol):
    """What is counted here."""

    def plan_loaded(self, plan: Plan, at: Millis) -> None:
        """A sound plan is in force from now on."""
        ...

    def plan_refused(self) -> None:
        """Rule files were read and were not sound."""
        ...


class Rules:
    """A directory of rule files. Knows whether they, or the secrets that they name, are others than it last read."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self._environment = environment
        self._digest = ""
        self._secrets: dict[Path, str] = {}

    def load(self) -> Plan:
        """The plan, secrets read again. Raises ``PlanError`` with all its problems."""
        secrets: dict[Path, str] = {}
        # Noted before they are read: what changes meanwhile is a change.
        self._digest, self._secrets = rules_digest(self.directory), secrets
        return load(self.directory, environment=self._environment, secrets=secrets)

    def changed(self) -> bool:
        """Whether ``load`` would read something else than last time, sound or not."""
        if rules_digest(self.directory) != self._digest:
            return True
        return any(secret_digest(path) != seen for path, seen in self._secrets.items())

    def identity(self) -> tuple[int, int] | None:
        """Which directory it is: another one may come in its place. ``None`` while there is none."""
        try:
            found = self.directory.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


class Reloader:
    """Brings the plan in force up to the rule files. ``admit`` raises ``ConfigurationError`` for a plan that must not
    come into force here; ``refuse_failing`` says whether tests of the rule files that fail refuse them."""

    def __init__(
        self,
        rules: Rules,
        *,
        current: Current,
        channels: Channels,
        admit: Callable[[Plan], None],
        measures: Measures,
        clock: Clock,
        refuse_failing: bool = True,
    ) -> None:
        self._rules = rules
        self._current = current
        self._channels = channels
        self._admit = admit
        self._measures = measures
        self._clock = clock
        self._refuse_failing = refuse_failing
        self._turn = asyncio.Lock()
        self._asked = asyncio.Event()
        self._looks_at = 0.0

    def ask(self) -> None:
        """Reload soon, whether or not anything has changed: for a signal."""
        self._asked.set()

    async def reload(self) -> str:
        """Reload now; answers the hash of the plan. Raises ``PlanError``, and then nothing has changed."""
        async with self._turn:
            return await self._reload()

    async def run(self) -> None:
        """Reload whenever asked, and whenever the files change, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._obey(), name="reload-when-asked")
            group.create_task(self._watch(), name="watch-rules")

    async def look(self) -> None:
        """Reload if the files have changed. Never raises: what is wrong is logged."""
        self._looks_at = self._clock.monotonic() + LOOK_EVERY
        async with self._turn:
            if await asyncio.to_thread(self._rules.changed):
                await self._try()

    async def _obey(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            async with self._turn:
                await self._try()

    async def _watch(self) -> None:
        is_deaf = False
        while True:
            await self.look()
            try:
                await self._listen()
                is_deaf = False
            except (OSError, RuntimeError) as error:
                if not is_deaf and self._rules.identity() is not None:
                    log.warning(
                        "no changes of the rule files are heard of, so they are looked at all the time",
                        extra={"error": str(error)},
                    )
                is_deaf = True
                await self._clock.sleep(GLANCE / 1_000)

    async def _listen(self) -> None:
        """Look after each change, until another directory is in the place of this one.

        The directory is watched, never its files: editors and Kubernetes put other files in their place. Raises
        ``OSError`` or ``RuntimeError`` where it cannot be watched.
        """
        watched = self._rules.identity()
        glances = awatch(
            self._rules.directory,
            watch_filter=None,
            debounce=SETTLES_AT_MOST,
            step=SETTLES_WITHIN,
            rust_timeout=GLANCE,
            yield_on_timeout=True,
            force_polling=False,
            recursive=False,
        )
        is_first = True
        async with contextlib.aclosing(glances):
            async for changes in glances:
                if changes or is_first or self._clock.monotonic() >= self._looks_at:
                    await self.look()
                is_first = False
                if self._rules.identity() != watched:
                    return

    async def _try(self) -> None:
        """Reload; what goes wrong is in the log, and the service goes on."""
        try:
            await self._reload()
        except PlanError:
            pass  # logged by then
        except Exception:
            log.exception("the rule files could not be read again; the plan before stays")

    async def _reload(self) -> str:
        is_in_force = False
        try:
            edition, failing = await asyncio.to_thread(self._build)
            self._swap(edition)
            is_in_force = True
        except PlanError as error:
            log_problems(logging.ERROR, "the rule files are refused; the plan before stays", error.problems)
            raise
        finally:
            if not is_in_force:
                self._measures.plan_refused()
        plan = edition.plan
        if failing:
            log_problems(logging.WARNING, FAILING, failing)
        log.info("reloaded", extra={"plan": plan.hash, "rules": len(plan.rules), "channels": len(plan.channels)})
        return plan.hash

    def _build(self) -> tuple[Edition, list[Problem]]:
        """All that takes long: the plan, its compiled rules and its own tests. Runs in a thread."""
        edition = Edition.of(self._rules.load())
        failing = failing_tests(edition)
        if failing and self._refuse_failing:
            raise PlanError(failing)
        return edition, failing

    def _swap(self, edition: Edition) -> None:
        """Put the edition into force. Gives way to nobody, and fails before anything has changed or not at all."""
        plan = edition.plan
        try:
            self._admit(plan)
            senders = self._channels.prepare(plan.channels)
        except ConfigurationError as error:
            directory = str(self._rules.directory)
            raise PlanError([Problem(directory, 0, 0, line) for line in str(error).splitlines()]) from None
        self._current.edition = edition
        self._channels.follow(plan.channels, senders)
        self._measures.plan_loaded(plan, self._clock.now())


def failing_tests(edition: Edition) -> list[Problem]:
    """The plan's own tests that fail, as problems at their places."""
    failed = (result for result in rehearse(edition.plan, edition.classifier) if not result.passed)
    return [_of_test(result) for result in islice(failed, MAX_PROBLEMS)]


def _of_test(result: Result) -> Problem:
    wrong = [f"{each.part}: expected {each.expected}, got {each.got}" for each in result.mismatches]
    told = "; ".join([*([result.error] if result.error else []), *wrong])
    file, _, line = result.place.rpartition(":")
    return Problem(file, int(line), 1, f"the test `{result.name}` fails: {told}", path="tests")


def log_problems(level: int, message: str, problems: Sequence[Problem]) -> None:
    """One line of the log for all of them; of very many, the first."""
    told = [one_line(problem.head, LOGGED_CHARACTERS) for problem in problems[:LOGGED]]
    more = {"more": len(problems) - LOGGED} if len(problems) > LOGGED else {}
    log.log(level, message, extra={"problems": told, **more})
