"""What names no host: text for groups that read no technical detail, with hosts, addresses and raw labels blotted out.

The hosts are those that the alerts name in their labels. Beside them what looks like a host of a network within, an IP
address, or a matcher goes too, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin._core.clean import ELLIPSIS
from tocsin._core.incident import AlertRecord

UNNAMED_GROUPS = frozenset({"business", "legal"})
"""Groups that are told no host, whatever their details."""

_HOST_LABELS = ("instance", "node", "nodename", "host", "hostname", "pod", "ip", "host_ip", "pod_ip")
_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,7})(:\d+)?(?![\w.])")
_INNER_HOST = re.compile(
    r"(?<![\w.-])(?:[A-Za-z0-9_-]{1,63}\.){1,8}"
    r"(?:internal|intranet|intra|local|localdomain|lan|corp|svc|private|home)(?:\.[a-z]{1,20}){0,2}(?::\d+)?(?![\w-])"
)
_MATCHER = re.compile(r'\w{1,64}\s?(?:=~|!~|!=|=)\s?"[^"]{0,200}"')
_PORT = re.compile(r":\d+$")


class Blot:
    """Takes hosts and addresses out of text. A service may be called as its host: ``keep`` are names that stay.
    ``others`` are further names that go."""

    def __init__(self, alerts: Iterable[AlertRecord], keep: Iterable[str], others: Iterable[str] = ()) -> None:
        names = {alert.labels[name] for alert in alerts for name in _HOST_LABELS if alert.labels.get(name)}
        names |= {_PORT.sub("", name) for name in names}
        names = names.difference(keep).union(others)
        self._names = sorted((name for name in names if len(name) >= _shortest(name)), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with an ellipsis in the place of each."""
        for name in self._names:
            if name in text:
                # A script without spaces shows no bounds of words.
                text = _whole(name).sub(ELLIPSIS, text) if name.isascii() else text.replace(name, ELLIPSIS)
        if '"' in text:
            text = _MATCHER.sub(ELLIPSIS, text)
        if "." in text:
            text = _INNER_HOST.sub(ELLIPSIS, text)
        return _ADDRESS.sub(ELLIPSIS, text)


def _shortest(name: str) -> int:
    """So many characters a name must have: a shorter one would be found in many words."""
    return 3 if name.isascii() else 2


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
