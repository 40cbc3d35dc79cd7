"""``tocsin serve`` as a process of its own, with a plan given as text: what stories and real programs talk to.

``start`` is the fixture for it. The environment is given, never inherited, so that no setting of the machine
that runs the tests has a say. Waits are for conditions and have an end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.support.hooks import PATIENCE, Hooks

SRC = Path(__file__).parents[2] / "src"
SMALL_PLAN = (Path(__file__).parents[1] / "_plan" / "small" / "plan.yaml").read_text(encoding="utf-8")
PRINTED_PORT = "127.0.0.1:9900"
"""Where the small plan's channels are, as it is printed; a running one gets the port of the test's hooks."""

PAUSE = 0.05
"""Seconds between looks."""


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Its JSON."""
        return json.loads(self.text)


def request(method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask over HTTP; an error status is an answer too. No proxy of the environment is used."""
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    given = {"Content-Type": "application/json"} if data is not None else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(
            urllib.request.Request(url, data, {**given, **(headers or {})}, method=method), timeout=PATIENCE
        ) as found:
            return Answer(found.status, dict(found.headers), found.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read().decode())


def wait_for(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Look again and again until something holds."""
    pause = threading.Event()
    for _ in range(int(patience / PAUSE)):
        if condition():
            return
        pause.wait(PAUSE)
    raise AssertionError(f"waited {patience:g} s for {what}")


def tocsin(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments],
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def write_plan(directory: Path, plan: str, hooks: Hooks | None = None) -> Path:
    """A directory of rules with one file."""
    directory.mkdir(exist_ok=True)
    text = plan.replace(PRINTED_PORT, f"127.0.0.1:{hooks.port}") if hooks else plan
    (directory / "plan.yaml").write_text(text, encoding="utf-8")
    return directory


class Service:
    """A running Tocsin. It is started by its constructor, and ready when that returns."""

    def __init__(self, *options: str | Path, environment: Mapping[str, str] | None = None) -> None:
        self._listening = threading.Event()
        self._log: list[dict[str, Any]] = []
        self._said: list[str] = []
        self.url = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "serve", "--listen", "127.0.0.1:0", *options],
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [threading.Thread(target=self._read_log), threading.Thread(target=self._read_output)]
        for reader in self._readers:
            reader.start()
        try:
            if not self._listening.wait(PATIENCE) or not self.url:
                raise AssertionError(f"it does not listen; it says: {self._log}")
            wait_for(lambda: self.get("/-/ready").status == 200, "a service that is ready")
        except AssertionError:
            self.kill()
            raise

    def get(self, path: str, token: str = "") -> Answer:
        """GET."""
        return request("GET", self.url + path, headers=_bearer(token))

    def post(self, path: str, body: object, token: str = "", **headers: str) -> Answer:
        """POST JSON; headers are given with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return request("POST", self.url + path, body, {**_bearer(token), **named})

    def alert(self, *alerts: Mapping[str, Any]) -> dict[str, int]:
        """Post alerts as a Prometheus does; answers what became of them, without what became of none."""
        answer = self.post("/api/v2/alerts", list(alerts))
        assert answer.status == 200, answer.text
        return {name: count for name, count in answer.json.items() if count}

    def incidents(self, query: str = "") -> list[dict[str, Any]]:
        """The incidents, as a list shows them."""
        items: list[dict[str, Any]] = self.get(f"/api/v1/incidents{query}").json["items"]
        return items

    def incident(self) -> dict[str, Any]:
        """The only incident there is."""
        (found,) = self.incidents()
        return found

    def deliveries(self, query: str = "") -> list[dict[str, Any]]:
        """The deliveries, as a list shows them."""
        items: list[dict[str, Any]] = self.get(f"/api/v1/deliveries{query}").json["items"]
        return items

    def samples(self, name: str, **labels: str) -> list[float]:
        """The samples of a metric that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = (line.rpartition(" ") for line in self.get("/metrics").text.splitlines())
        return [
            float(value)
            for series, _, value in lines
            if series.partition("{")[0] == f"tocsin_{name}" and all(label in series for label in wanted)
        ]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of those samples; 0 if there are none."""
        return sum(self.samples(name, **labels))

    def tocsin(self, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command that talks to this service."""
        return tocsin(*arguments, environment={"TOCSIN_URL": self.url, "TOCSIN_TOKEN": token})

    def stop(self) -> None:
        """End it as a supervisor does; it must end well, and must have met no fault of its own."""
        self.process.terminate()
        assert self.process.wait(10) == 0, self._log
        self._close()
        assert not [entry for entry in self._log if "traceback" in entry], self._log

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait(10)
        self._close()

    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process.poll() is not None

    def said(self) -> str:
        """What it has printed so far."""
        return "".join(self._said)

    def logged(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return list(self._log)

    def _close(self) -> None:
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _read_output(self) -> None:
        for line in self.process.stdout or ():
            self._said.append(line)

    def _read_log(self) -> None:
        for line in self.process.stderr or ():
            entry = json.loads(line) if line.startswith("{") else {"message": line}
            self._log.append(entry)
            if entry["message"] == "listening":
                self.url = entry["url"]
                self._listening.set()
        self._listening.set()


class Start(Protocol):
    """Starts a service with a plan; its store is the test's own unless options say otherwise."""

    def __call__(
        self,
        plan: str | None,
        *options: str | Path,
        more: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Service:
        """The service, ready. Without a plan it is the shipped one; ``more`` are further files, by name."""
        ...


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """The groups' webhooks."""
    with Hooks() as server:
        yield server


@pytest.fixture
def start(hooks: Hooks, store_url: str) -> Iterator[Start]:
    """Starts services; those that still run at the test's end are ended, and have to end well."""
    started: list[Service] = []
    with tempfile.TemporaryDirectory() as directory:

        def begin(
            plan: str | None,
            *options: str | Path,
            more: Mapping[str, str] | None = None,
            environment: Mapping[str, str] | None = None,
        ) -> Service:
            given = list(options) if "--data-dir" in options else ["--redis", store_url, *options]
            if plan is not None:
                rules = write_plan(Path(directory) / f"rules-{len(started)}", plan, hooks)
                for name, text in (more or {}).items():
                    (rules / name).write_text(text, encoding="utf-8")
                given += ["--rules", rules]
            started.append(Service(*given, environment=environment))
            return started[-1]

        yield begin
        running = [service for service in started if not service.ended()]
        try:
            for service in running:
                service.stop()
        finally:
            for service in running:
                if not service.ended():
                    service.kill()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(SRC),
        **(more or {}),
    }
