"""Channel kind ``apprise``: whatever the library Apprise speaks, which is more than a hundred services.

Settings: ``url`` (Apprise's own kind of address, a secret) and ``timeout``. The library is an extra
(``tocsin[apprise]``), imported when a plan first has such a channel. It blocks, so it works in a few threads; it says
yes or no and not why, so that every no is tried again. What it logs is dropped, since its addresses are secrets.
"""

from __future__ import annotations

import importlib
import logging
from typing import Any

import aiohttp

from tocsin._core.clean import one_line
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND, Millis
from tocsin.send.endpoint import revealed
from tocsin.send.guard import OPTION, is_guarded
from tocsin.send.kind import Kind
from tocsin.send.threads import Threads

THREADS = 4
"""Of one channel at once."""

DEFAULT_TIMEOUT: Millis = 30 * SECOND
"""Longer than elsewhere: some of its services pause between two messages by themselves."""

_TYPES = {"high": "failure", "medium": "warning", "low": "info"}
_FAILS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
"""What its services may raise, beside what it catches itself."""

_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")


class Apprise:
    """An ``apprise`` channel."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        place = f"channels.{channel.name}"
        if is_guarded(session):
            raise ConfigurationError(
                f"{place}: nobody can watch over what Apprise calls, so it does not go with {OPTION}"
            )
        library = _imported(place)
        self._service = _service(library, place, revealed(channel.settings["url"]))
        self._asked = library.Apprise(asset=self._service.asset)
        self._asked.add(self._service)
        self._where = f"Apprise ({self._service.service_name})"
        self._seconds = channel.settings.get("timeout", DEFAULT_TIMEOUT) / SECOND
        self._threads: Threads[bool] = Threads(THREADS, name=f"apprise-{channel.name}", fails=_FAILS)

    async def send(self, message: Message) -> str:
        """Hand it over; returns once the service has said yes. Raises ``TrySendAgain``."""
        said = {
            "title": one_line(message.subject),
            "body": message.text.removeprefix(f"{message.subject} | ") or message.subject,
            "notify_type": "success" if message.is_over else _TYPES.get(message.tier, "info"),
            "body_format": "text",
        }
        try:
            taken = await self._threads.run(lambda: bool(self._asked.notify(**said)), within=self._seconds)
        except TimeoutError:
            raise TrySendAgain(f"{self._where} has not answered within {self._seconds:g} s") from None
        except _FAILS as error:
            raise TrySendAgain(f"{self._where} failed ({type(error).__name__})") from None
        if not taken:
            raise TrySendAgain(f"{self._where} did not take it; it does not say why")
        return ""

    async def check(self) -> bool:
        """It cannot be asked."""
        return False

    async def close(self) -> None:
        """Nothing is kept open."""


def _imported(place: str) -> Any:
    try:
        library = importlib.import_module("apprise")
    except ImportError:
        raise ConfigurationError(
            f"{place}: the library Apprise is not installed here; install it by: pip install 'tocsin[apprise]'"
        ) from None
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    return library


def _service(library: Any, place: str, url: str) -> Any:
    """The service of an address. Raises ``ConfigurationError``, without the address."""
    asset = library.AppriseAsset(async_mode=False, secure_logging=True, plugin_paths=[], app_id="Tocsin")
    try:
        service = library.Apprise.instantiate(url, asset=asset, suppress_exceptions=False)
    except _FAILS:
        service = None
    if service is None:
        raise ConfigurationError(f"{place}.url is no address that Apprise knows, or one that lacks a part")
    if not service.verify_certificate:
        raise ConfigurationError(f"{place}.url switches the check of certificates off; take its `verify` out")
    return service


KIND = Kind(open=Apprise)
