"""The private server: what it keeps, whom it lets in, and how it ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from redis import Redis
from tests.support.owner import Owner, servers_on, wait_gone

from tocsin._core.errors import ConfigurationError
from tocsin._store import server as server_module
from tocsin._store import server_process
from tocsin._store.binary import find_binary
from tocsin._store.locks import FileLock
from tocsin._store.server import PrivateServer

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux ends a server along with its service")


def count(url: str) -> int:
    """Count up in the store; the number says what was kept."""
    with Redis.from_url(url) as client:
        return int(client.incr("count"))


def test_data_is_kept_over_stop_and_start(data_dir: Path, program_path: str) -> None:
    """What was written is there again after an orderly stop, and after the file was rewritten."""
    with PrivateServer.start(data_dir, path=program_path) as server:
        assert count(server.url) == 1
    with PrivateServer.start(data_dir, path=program_path, fsync="always") as server:
        assert count(server.url) == 2
        with Redis.from_url(server.url) as client:
            assert client.config_get("appendfsync") == {"appendfsync": "always"}
            client.bgrewriteaof()
    with PrivateServer.start(data_dir, path=program_path) as server:
        assert count(server.url) == 3


def test_data_goes_from_one_server_to_another(data_dir: Path, program_path: str) -> None:
    """A server installed later (PATH comes first) reads what the packaged one wrote, and the other way round."""
    for number, path in enumerate(("", program_path, "", program_path), start=1):
        with PrivateServer.start(data_dir, path=path) as server, Redis.from_url(server.url) as client:
            assert count(server.url) == number
            client.hset("hash", mapping={str(each): "x" for each in range(1000)})
            client.bgrewriteaof()


def test_it_is_closed_to_others(data_dir: Path, program_path: str) -> None:
    """Directory, socket and files belong to the service's user alone, even in a directory that was open; no port."""
    data_dir.mkdir(mode=0o755)
    with PrivateServer.start(data_dir, path=program_path) as server:
        count(server.url)
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "store.sock").stat().st_mode) & 0o077 == 0
        assert all(not file.stat().st_mode & 0o077 for file in (data_dir / "appendonlydir").iterdir())
        with Redis.from_url(server.url) as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_ends_with_stop(data_dir: Path, program_path: str) -> None:
    """After ``stop`` the process and its socket are gone; a second ``stop`` is harmless."""
    server = PrivateServer.start(data_dir, path=program_path)
    assert server.alive()
    server.stop()
    server.stop()
    assert not server.alive()
    assert not (data_dir / "store.sock").exists()


def test_a_server_that_hangs_is_killed(data_dir: Path, program_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``stop`` is bounded: a server that does not react is killed, and its data is kept."""
    monkeypatch.setattr(server_process, "STOPS_WITHIN", 0.1)
    server = PrivateServer.start(data_dir, path=program_path)
    count(server.url)
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    with PrivateServer.start(data_dir, path=program_path) as again:
        assert count(again.url) == 2


def test_a_second_service_is_refused(data_dir: Path, program_path: str) -> None:
    """The message says which directory, who holds it and what to do; the first is not disturbed."""
    with PrivateServer.start(data_dir, path=program_path) as server:
        with pytest.raises(ConfigurationError) as error:
            PrivateServer.start(data_dir, path=program_path)
        assert f"(process {os.getpid()}) already uses the data directory {data_dir}." in str(error.value)
        assert "--data-dir" in str(error.value)
        assert count(server.url) == 1


async def test_its_death_is_told(data_dir: Path, program_path: str) -> None:
    """Who waits for it learns how it ended and where its log is; the directory can be used again."""
    server = PrivateServer.start(data_dir, path=program_path)
    os.kill(server.pid, signal.SIGKILL)
    text = await server.died()
    assert f"Its process {server.pid} ended (Killed)." in text
    assert str(data_dir / "store.log") in text
    assert not server.alive()
    server.stop()
    PrivateServer.start(data_dir, path=program_path).stop()


def test_it_must_be_started_from_the_main_thread(data_dir: Path) -> None:
    """The kernel ends it with the thread that started it, so another thread is a mistake that is said at once."""
    errors: list[str] = []

    def start() -> None:
        try:
            PrivateServer.start(data_dir, path="")
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert errors == ["the private server must be started from the main thread"]


def test_ctrl_c_does_not_reach_it(data_dir: Path, program_path: str) -> None:
    """An interrupt of the whole process group, as a terminal sends it, leaves the store running for the drain."""
    with Owner(data_dir, program_path) as owner:
        owner.ready()
        os.killpg(owner.process.pid, signal.SIGINT)
        assert owner.says() == "alive"
        assert count(owner.url) == 1
        owner.process.communicate()
    assert owner.process.returncode == 0


@linux
def test_it_ends_when_its_service_is_killed(data_dir: Path, program_path: str) -> None:
    """``kill -9`` of the service takes the server along, within moments and by itself."""
    with Owner(data_dir, program_path) as owner:
        owner.ready()
        owner.kill()
        wait_gone(owner.server)
    assert servers_on(data_dir) == []


@linux
def test_an_instant_restart_never_runs_two_servers(data_dir: Path, program_path: str) -> None:
    """Ten times ``kill -9`` and start at once: never two servers on the directory, and nothing written is lost."""

    def at_most_one() -> None:
        assert len(servers_on(data_dir)) <= 1

    owner = Owner(data_dir, program_path).ready()
    for round_ in range(1, 11):
        with owner:
            assert count(owner.url) == round_
            assert servers_on(data_dir) == [owner.server]
            owner.kill()
            owner.process.wait()
            successor = Owner(data_dir, program_path).ready(at_most_one)
        owner = successor
    with owner:
        assert count(owner.url) == 11


@linux
def test_a_service_killed_while_it_starts_leaves_nothing(data_dir: Path, program_path: str) -> None:
    """Killed at any moment of its start, a service leaves no server behind, and the next one starts."""
    for delay in range(0, 240, 20):
        with Owner(data_dir, program_path) as owner:
            try:
                owner.process.wait(timeout=delay / 1000)
            except subprocess.TimeoutExpired:
                owner.kill()
            assert len(servers_on(data_dir)) <= 1
    with Owner(data_dir, program_path) as owner:
        owner.ready()
        assert servers_on(data_dir) == [owner.server]


@linux
def test_a_start_waits_for_an_old_server(data_dir: Path, program_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an old server hangs on, no new one is started, and the error names it; once it is gone, all is well."""
    with Owner(data_dir, program_path) as owner:
        count(owner.ready().url)
        os.kill(owner.server, signal.SIGSTOP)
        owner.kill()
        owner.process.wait()
        monkeypatch.setattr(server_module, "OLD_SERVER_ENDS_WITHIN", 0.2)
        with pytest.raises(ConfigurationError, match=rf"\(process {owner.server}\) still runs on the data directory"):
            PrivateServer.start(data_dir, path=program_path)
        assert servers_on(data_dir) == [owner.server]
        os.kill(owner.server, signal.SIGCONT)
        monkeypatch.undo()
        with PrivateServer.start(data_dir, path=program_path) as server:
            assert count(server.url) == 2


def test_a_server_that_nothing_ended_is_asked_to_end(data_dir: Path, program_path: str) -> None:
    """Where the kernel does not end a server with its service (macOS), the next start does, and keeps its data."""
    PrivateServer.start(data_dir, path=program_path).stop()
    with FileLock(data_dir / "store.lock") as lock:
        assert lock.take()
        left_behind = subprocess.Popen(
            [find_binary(program_path), str(data_dir / "store.conf")],
            pass_fds=(lock.descriptor,),
            start_new_session=True,
        )
    try:
        with PrivateServer.start(data_dir, path=program_path) as server:
            assert server.pid != left_behind.pid
            assert left_behind.wait(timeout=5) == 0
    finally:
        left_behind.kill()
        left_behind.wait()
