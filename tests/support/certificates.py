"""Certificates of an authority that nobody knows: for servers on loopback that speak TLS."""

from __future__ import annotations

import ssl
from functools import cache

import trustme


@cache
def authority() -> trustme.CA:
    """The authority of this run."""
    return trustme.CA(organization_name="Tocsin tests")


@cache
def certificate() -> str:
    """The authority's own certificate, in PEM: whom to trust."""
    return authority().cert_pem.bytes().decode("ascii")


def server_context(*names: str) -> ssl.SSLContext:
    """What a server of these names presents; of loopback where none is given."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
    return context
