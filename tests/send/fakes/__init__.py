"""Servers that behave as tools document, to send to."""
