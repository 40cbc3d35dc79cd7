"""A real Prometheus and a real Alertmanager on loopback, with what they scrape: a small exporter that tests set.

Each program has a directory of its own and a port that was free, and is ended by its own process id. Settings
are as quick as they go, so that a test takes seconds; what stays is Prometheus's own: it looks every five
seconds for the Alertmanagers that it was told of.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.support.service import Answer, request, wait_for

PATIENCE = 30.0
RESEND = 5
"""Seconds after which a Prometheus repeats what fires; it lets an alert run out after four times as long.

A restart takes it up to eleven: five until it knows where to post, as many until it repeats."""


class Exporter:
    """Serves gauges at ``/metrics``: ``set`` one to 1 and its alert fires, to 0 and it ends."""

    def __init__(self) -> None:
        self._gauges: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def target(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def set(self, value: int, name: str, **labels: str) -> None:
        """Set a gauge."""
        shown = ",".join(f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels.items())
        self._gauges = {**self._gauges, f"{name}{{{shown}}}": value}

    def text(self) -> str:
        """All gauges, as they are scraped."""
        return "".join(f"{series} {value}\n" for series, value in self._gauges.items())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        text = self.text

        class Handler(BaseHTTPRequestHandler):
            """Answers a scrape."""

            def do_GET(self) -> None:
                """The gauges."""
                body = text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class Program:
    """A process that says in its log (JSON) where it listens. Use it as a context manager."""

    def __init__(self, *command: str | Path) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._listening = threading.Event()
        self._log: list[str] = []
        self.address = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.address}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.address = ""
        self._listening.clear()
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()
        if not self._listening.wait(PATIENCE) or not self.address:
            self.stop()
            raise AssertionError(f"{self._command[0]} does not listen: {self._log[-20:]}")

    def stop(self) -> None:
        """End it as a supervisor does."""
        if self._process is None or self._reader is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()
        if self._process.stderr:
            self._process.stderr.close()
        self._process = self._reader = None

    def get(self, path: str) -> Answer:
        """GET."""
        return request("GET", self.url + path)

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        lines = (line.rpartition(" ") for line in self.get("/metrics").text.splitlines())
        return sum(float(value) for series, _, value in lines if series.partition("{")[0] == name)

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self._log.append(line)
            if '"Listening on"' in line:
                self.address = json.loads(line)["address"]
                self._listening.set()
        self._listening.set()


class Prometheus(Program):
    """Scrapes an exporter, and posts what fires to Alertmanagers, each an entry of ``alerting.alertmanagers``."""

    def __init__(
        self,
        directory: Path,
        *,
        exporter: Exporter,
        rules: Iterable[Mapping[str, Any]],
        alertmanagers: Iterable[Mapping[str, Any]],
        external_labels: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir()
        written = {
            "prometheus.yml": {
                "global": {
                    "scrape_interval": "500ms",
                    "scrape_timeout": "500ms",
                    "evaluation_interval": "500ms",
                    "external_labels": dict(external_labels or {}),
                },
                "scrape_configs": [{"job_name": "pay", "static_configs": [{"targets": [exporter.target]}]}],
                "rule_files": ["rules.yml"],
                "alerting": {"alertmanagers": list(alertmanagers)},
            },
            "rules.yml": {"groups": [{"name": "pay", "rules": list(rules)}]},
        }
        for name, settings in written.items():
            (directory / name).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
        super().__init__(
            "prometheus",
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            f"--rules.alert.resend-delay={RESEND}s",
            "--scrape.discovery-reload-interval=200ms",
            "--log.format=json",
        )
        self.rules = directory / "rules.yml"

    def wait_ready(self) -> None:
        """Wait until it scrapes and knows where to post."""

        def ready() -> bool:
            if self.get("/-/ready").status != 200:
                return False
            targets = self.get("/api/v1/targets").json["data"]["activeTargets"]
            known = self.get("/api/v1/alertmanagers").json["data"]["activeAlertmanagers"]
            return bool(known) and [target["health"] for target in targets] == ["up"]

        wait_for(ready, "a Prometheus that scrapes and knows where to post", PATIENCE)

    def alerts(self) -> list[dict[str, Any]]:
        """What fires by its own account."""
        found: list[dict[str, Any]] = self.get("/api/v1/alerts").json["data"]["alerts"]
        return [alert for alert in found if alert["state"] == "firing"]

    def sent(self) -> float:
        """How many alerts it has posted since it started."""
        return self.metric("prometheus_notifications_sent_total")

    def refused(self) -> float:
        """How many it was refused."""
        return self.metric("prometheus_notifications_errors_total")


class Alertmanager(Program):
    """Groups alerts and posts them to webhooks."""

    def __init__(self, directory: Path, *, route: Mapping[str, Any], receivers: Iterable[Mapping[str, Any]]) -> None:
        directory.mkdir()
        settings = {"route": dict(route), "receivers": list(receivers)}
        file = directory / "alertmanager.yml"
        file.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        super().__init__(
            "prometheus-alertmanager",
            f"--config.file={file}",
            f"--storage.path={directory / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
            "--log.format=json",
        )

    def entry(self) -> dict[str, Any]:
        """Itself, as an entry of a Prometheus's ``alerting.alertmanagers``."""
        return at(self.address)

    def posted(self) -> float:
        """How many groups it has posted to webhooks."""
        return self.metric("alertmanager_notification_requests_total")

    def refused(self) -> float:
        """How many posts failed."""
        return self.metric("alertmanager_notification_requests_failed_total")


def at(address: str, path_prefix: str = "") -> dict[str, Any]:
    """An entry of ``alerting.alertmanagers``."""
    entry: dict[str, Any] = {"static_configs": [{"targets": [address.removeprefix("http://")]}], "api_version": "v2"}
    return {**entry, "path_prefix": path_prefix} if path_prefix else entry
