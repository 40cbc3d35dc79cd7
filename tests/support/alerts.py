"""Alerts as a Prometheus posts them."""

from __future__ import annotations

from typing import Any


def firing(alertname: str, **labels: str) -> dict[str, Any]:
    """An alert that fires."""
    return {
        "labels": {"alertname": alertname, **labels},
        "annotations": {"summary": f"{alertname} says so"},
        "generatorURL": "http://prometheus.example/graph",
    }


def resolved(alertname: str, **labels: str) -> dict[str, Any]:
    """The same alert, ended."""
    return {**firing(alertname, **labels), "endsAt": "2026-01-01T00:00:00Z"}
