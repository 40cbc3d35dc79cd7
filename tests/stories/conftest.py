"""A service to talk to, and the groups' side of its channels."""

from __future__ import annotations

from tests.support.service import hooks as hooks
from tests.support.service import start as start
