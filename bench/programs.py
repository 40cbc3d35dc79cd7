"""Programs under measurement, each a process of its own on loopback, ended by its own process id.

``Tocsin`` is ``tocsin serve`` as a user starts it, with its private store; ``Alertmanager`` is the one on PATH.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from pathlib import Path
from typing import Self

import redis

from tocsin._store.private_socket import socket_path

STARTS_WITHIN = 20.0
ENDS_WITHIN = 15.0
"""Seconds. A service that does not end by itself is killed."""

ALERTMANAGER = "prometheus-alertmanager"

_QUIET = """
route: {receiver: nobody, group_by: [service], group_wait: 30s}
receivers: [{name: nobody}]
"""


class Program:
    """A process that serves HTTP on ``port``. A context: it is ended with the block."""

    def __init__(self, command: list[str], *, port: int = 0) -> None:
        self.port = port
        self._last: deque[str] = deque(maxlen=40)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def get(self, path: str) -> str:
        """What it answers to a GET."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            text: str = response.read().decode()
            return text

    def total(self, metric: str, *having: str) -> int:
        """The sum of a metric's series whose labels contain all these texts."""
        lines = (line for line in self.get("/metrics").splitlines() if line.startswith((f"{metric}{{", f"{metric} ")))
        return int(sum(float(line.rpartition(" ")[2]) for line in lines if all(text in line for text in having)))

    def processor_seconds(self) -> tuple[float, float]:
        """Processor time that it has used so far, and its children; zeros where the system does not tell."""
        own = _processor_seconds(self.pid)
        return own, sum(_processor_seconds(child) for child in _children(self.pid))

    def _read_until(self, word: str) -> str:
        """The first line of its log with this word in it; what comes later is read and kept for errors."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._last.append(line)
            if word in line:
                threading.Thread(target=self._last.extend, args=(self._process.stderr,), daemon=True).start()
                return line
        raise SystemExit(f"it did not start:\n{''.join(self._last)}")


class Tocsin(Program):
    """``tocsin serve`` on a private store in ``directory``, with the rules of ``rules``."""

    name = "tocsin"

    def __init__(self, directory: Path, rules: Path) -> None:
        self.data = directory / "data"
        flags = ["--rules", str(rules), "--data-dir", str(self.data), "--listen", "127.0.0.1:0", "--log-format", "json"]
        super().__init__([sys.executable, "-m", "tocsin", "serve", *flags])
        self.port = int(json.loads(self._read_until('"listening"'))["url"].rpartition(":")[2])

    def store(self) -> redis.Redis:
        """A client of its store, to look into."""
        return redis.Redis(unix_socket_path=str(socket_path(self.data, None)))

    def store_name(self) -> str:
        """The store's program, version and settings."""
        with self.store() as client:
            told = client.info("server")
        name, number = told.get("server_name", "redis"), told.get("valkey_version", told["redis_version"])
        return f"{name} {number}, private, on a Unix socket, append-only file synced every second"

    def received(self) -> int:
        """How many alerts it has taken in."""
        return self.total("tocsin_alerts_received_total")

    def repeated(self) -> int:
        """How many of them were no news."""
        return self.total("tocsin_alerts_deduplicated_total")


class Alertmanager(Program):
    """Alertmanager, without a cluster, with a receiver that sends nothing."""

    name = "alertmanager"

    def __init__(self, directory: Path) -> None:
        settings = directory / "alertmanager.yaml"
        settings.write_text(_QUIET, encoding="utf-8")
        port = free_port()
        flags = [f"--config.file={settings}", f"--storage.path={directory / 'data'}", "--cluster.listen-address="]
        super().__init__([ALERTMANAGER, *flags, f"--web.listen-address=127.0.0.1:{port}"], port=port)
        self._read_until(f"address=127.0.0.1:{port}")

    def received(self) -> int:
        """How many alerts it has taken in."""
        return self.total("alertmanager_alerts_received_total", 'version="v2"')

    @staticmethod
    def there() -> bool:
        """Whether it is on PATH."""
        return shutil.which(ALERTMANAGER) is not None

    @staticmethod
    def version() -> str:
        """Its own word on its version."""
        run = subprocess.run([ALERTMANAGER, "--version"], capture_output=True, text=True, check=False)
        return (run.stdout + run.stderr).splitlines()[0].partition(" (")[0]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _processor_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text(encoding="utf-8").split())
    return found
