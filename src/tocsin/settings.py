"""What ``tocsin serve`` was told, and the store that follows from it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin._store.server import PrivateServer


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``tocsin serve`` was told. ``redis`` is a URL, or ``""`` for a private store on ``data_dir``.

    Closed incidents past the retention are dropped if ``drop_expired``, else they go to ``archive_dir``. Without it
    they go to a folder of the private store's ``data_dir``; of a store that is not ours, they are kept.
    """

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
    archive_dir: Path | None = None
    drop_expired: bool = False
    refuse_private_channels: bool = False

    @property
    def archive(self) -> Path | None:
        """The directory of the archive; ``None``: there is none."""
        if self.drop_expired:
            return None
        return self.archive_dir or (None if self.redis else self.data_dir / "archive")


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
