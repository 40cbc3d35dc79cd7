"""A service to talk to, the groups' side of its channels, and what a Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.monitoring import Exporter
from tests.support.service import hooks as hooks
from tests.support.service import start as start


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    """What a Prometheus scrapes."""
    with Exporter() as server:
        yield server
