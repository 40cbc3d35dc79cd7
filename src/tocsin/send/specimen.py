"""Messages about channels: a test of one, marked as such, and that one is down or up. They are about no incident, and
ask for nothing. Pure."""

from __future__ import annotations

from tocsin._core.clean import one_line
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
    return _message("test", channel.name, (subject, text), now, group=_group(channel.name, plan), language=language)


def about_channel(event: str, channel: str, by: str, plan: Plan, now: Millis, *, error: str) -> Message:
    """The message to command, by the channel ``by``, that another one is down or up again; ``error`` is what went wrong
    there last."""
    language, zone = spoken_on(plan.channels[by], plan)
    words = language_of(language).words
    subject = (words.channel_down if event == "channel_down" else words.channel_up).format(channel=channel)
    text = f"{subject} | {moment(now, zone)}"
    if event == "channel_down":
        text += f"\n{words.channel_down_says}" + (f"\n{one_line(error, 300)}" if error else "")
    return _message(event, channel, (subject, text), now, group="command", language=language)


def _message(event: str, channel: str, said: tuple[str, str], now: Millis, *, group: str, language: str) -> Message:
    name = f"{event.replace('_', '-')}-{digest((channel, str(now)), size=6)}"
    subject, text = said
    body = {
        "version": VERSION,
        "id": name,
        "event": event,
        "at": format_time(now),
        "group": group,
        "channel": channel,
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
    return Message(id=name, event=event, group=group, incident="", subject=subject, text=text, plain=text, body=body)


def _group(channel: str, plan: Plan) -> str:
    uses = uses_of(channel, plan)
    groups = (*(group.name for group in uses.groups), *(team.group for team in uses.teams))
    instead = (*(VENDOR for _ in uses.vendors), *(group.name for group in uses.fallback_of), "command")
    return (*groups, *instead)[0]
