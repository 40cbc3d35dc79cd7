"""A world for reports: incidents are played in it."""

from __future__ import annotations

from tests.incident.conftest import world

__all__ = ["world"]
