"""What ``tocsin serve`` was told, and the store that follows from it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin._store.server import PrivateServer


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``tocsin serve`` was told. ``redis`` is a URL, or ``""`` for a private store on ``data_dir``."""

    redis: str = ""
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 9095
    external_url: str = ""
    insecure: bool = False
    namespace: str = "tocsin"
    shards: int = 1
    fsync: str = "everysec"
    plain: bool = False
    failing_tests: str = "refuse"


@contextlib.contextmanager
def open_store(settings: Settings, variables: Mapping[str, str]) -> Iterator[tuple[str, PrivateServer | None]]:
    """The store's URL, and the private server if there is one. Call it from the main thread, before the loop."""
    if settings.redis:
        yield settings.redis, None
        return
    runtime = variables.get("XDG_RUNTIME_DIR")
    with PrivateServer.start(
        settings.data_dir,
        path=variables.get("PATH", ""),
        fsync="always" if settings.fsync == "always" else "everysec",
        runtime_dir=Path(runtime) if runtime else None,
    ) as server:
        yield server.url, server
