"""Secrets that somebody wrote into a rule file in clear: to be warned of, and never to be shown again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from tocsin._plan.source import Listing, Location, Mapping

_SECRET_WORD = re.compile(r"(?i)token|secret|password|passwd|api_?key|access_?key|^key$|^sig(nature)?$")
_SECRET_HEADER = re.compile(r"(?i)authorization|.*(token|secret|password|api-?key).*|cookie")
_SECRET_PATHS = (
    ("hooks.slack.com", re.compile(r"/(services|workflows|triggers)/.+")),
    ("discord.com", re.compile(r"/api/webhooks/.+")),
    ("discordapp.com", re.compile(r"/api/webhooks/.+")),
    ("open.feishu.cn", re.compile(r"/open-apis/bot/(v2/)?hook/.+")),
    ("open.larksuite.com", re.compile(r"/open-apis/bot/(v2/)?hook/.+")),
    ("api.telegram.org", re.compile(r"/bot.+")),
    ("webhook.office.com", re.compile(r"/webhook.+")),
    ("hc-ping.com", re.compile(r"/.+")),
    ("nosnch.in", re.compile(r"/.+")),
)
"""Hosts and paths of tools whose address is itself the secret: whoever knows it may post."""

_SECRET_KEYS = (
    *(("channels", key) for key in ("secret", "token", "key", "routing_key", "webhook_secret", "api_key", "password")),
    *(("channels", key) for key in ("app_secret", "encrypt_key", "verification_token", "signing_secret")),
    ("channels", "callback_secret"),
    *(("tokens", "token"), ("people", "token"), ("people", "mobile")),
)


def written_secrets(root: Mapping) -> Iterator[tuple[Location, str]]:
    """Where in the tree a secret stands, and what it is in words."""
    for section, key in _SECRET_KEYS:
        for name, entry in _entries(root, section):
            if isinstance(entry.get(key), str):
                yield (section, name, key), f"`{key}`"
    watchdog = root.get("watchdog")
    called = watchdog.get("url") if isinstance(watchdog, Mapping) else None
    if isinstance(called, str) and _holds_secret(called):
        yield ("watchdog", "url"), "an address that is or holds a secret"
    proxy = root.get("proxy")
    if isinstance(proxy, str) and _holds_secret(proxy):
        yield ("proxy",), "an address that holds a secret"
    for name, entry in _entries(root, "channels"):
        for location, what in _in_channel(entry):
            yield ("channels", name, *location), what


def _in_channel(entry: Mapping) -> Iterator[tuple[Location, str]]:
    for key in ("url", "proxy"):
        url = entry.get(key)
        is_secret = isinstance(url, str) and (_holds_secret(url) or (key == "url" and entry.get("type") == "apprise"))
        if is_secret:
            yield (key,), "an address that is or holds a secret"
    secrets = entry.get("secrets")
    for index, secret in enumerate(secrets if isinstance(secrets, Listing) else ()):
        if isinstance(secret, str):
            yield ("secrets", index), f"`secrets[{index}]`"
    for key, secret in secrets.items() if isinstance(secrets, Mapping) else ():
        if isinstance(secret, str):
            yield ("secrets", key), f"`secrets.{key}`"
    headers = entry.get("headers")
    for header, value in headers.items() if isinstance(headers, Mapping) else ():
        if isinstance(value, str) and _SECRET_HEADER.fullmatch(header):
            yield ("headers", header), f"the header `{header}`"


def _entries(root: Mapping, section: str) -> Iterator[tuple[str, Mapping]]:
    entries = root.get(section)
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        if isinstance(entry, Mapping):
            yield name, entry


def _holds_secret(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.password or any(_SECRET_WORD.search(name) and value for name, value in parse_qsl(parts.query)):
        return True
    return any(
        (host == known or host.endswith(f".{known}")) and path.match(parts.path) for known, path in _SECRET_PATHS
    )
