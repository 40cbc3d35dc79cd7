"""Step 2: a foreign payload becomes a ``Batch`` of alerts; one small file per kind of source.

An adapter is a pure function: bytes in, ``Batch`` out. A bad alert is rejected by itself and the others are
kept; only a payload that cannot be read as a whole raises ``Unreadable``. A new kind of source is a new file
here and one line in ``ADAPTERS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from tocsin._core.model import Batch
from tocsin._core.source import Source
from tocsin._core.times import Millis
from tocsin.adapt import alertmanager, mapping, prometheus


class Adapter(Protocol):
    """What every kind of source provides."""

    def __call__(self, body: bytes, *, source: Source, received_at: Millis) -> Batch:
        """Read one payload of this source. Raises ``Unreadable``, nothing else."""
        ...


ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {"prometheus": prometheus.decode, "alertmanager": alertmanager.decode, "mapping": mapping.decode}
)
"""Adapters by a source's type."""

__all__ = ["ADAPTERS", "Adapter"]
