"""The message that tests a channel: marked as a test, about no incident, and asking for nothing. Pure."""

from __future__ import annotations

from tocsin._core.ids import digest
from tocsin._core.local import moment
from tocsin._core.message import Message
from tocsin._core.plan import VENDOR, Channel, Plan
from tocsin._core.times import Millis, format_time
from tocsin._core.uses import spoken_on, uses_of
from tocsin.send.body import VERSION
from tocsin.send.shipped import language_of


def specimen(channel: Channel, plan: Plan, now: Millis) -> Message:
    """A test of this channel, in its language, for the first group that has it; for command where nobody does."""
    language, zone = spoken_on(channel, plan)
    words = language_of(language).words
    subject = words.test.format(channel=channel.name)
    text = f"{subject} | {moment(now, zone)}\n{words.test_says}"
    name = f"test-{digest((channel.name, str(now)), size=6)}"
    group = _group(channel.name, plan)
    body = {
        "version": VERSION,
        "id": name,
        "event": "test",
        "at": format_time(now),
        "group": group,
        "channel": channel.name,
        "language": language,
        "subject": subject,
        "text": text,
        "drill": False,
        "unconfirmed": False,
        "delayed": False,
        "reason": "",
        "changes": [],
        "asks": [],
        "alerts": [],
        "truncated_alerts": 0,
        "links": {},
    }
    return Message(id=name, event="test", group=group, incident="", subject=subject, text=text, plain=text, body=body)


def _group(channel: str, plan: Plan) -> str:
    uses = uses_of(channel, plan)
    groups = (*(group.name for group in uses.groups), *(team.group for team in uses.teams))
    instead = (*(VENDOR for _ in uses.vendors), *(group.name for group in uses.fallback_of), "command")
    return (*groups, *instead)[0]
