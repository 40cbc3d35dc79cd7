"""Tocsin turns monitoring alerts into accountable recovery. Read ``pipeline.py`` first."""

__version__ = "0.1.0"
