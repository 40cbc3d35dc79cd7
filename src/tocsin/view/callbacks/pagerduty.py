"""PagerDuty's webhooks, version 3: what people do about an incident there, signed with the subscription's secret.

``X-PagerDuty-Signature`` holds one or more ``v1=`` and the HMAC-SHA256 of the body in hexadecimal, with commas between:
several while the secret is being changed. What a person does counts; what our own messages, other programs and the
passing of time do there does not, so that nothing goes round. Notes bear PagerDuty's own id of the incident alone: it
is ours by any event before, which bears ours too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from tocsin._core.action import Acknowledge, Act, Note, Restore, StillBroken
from tocsin._core.times import DAY, parse_time
from tocsin.view.callbacks.heard import Answer, Call, Heard, Unproved, inside, json_of, same, text

OLDEST = 7 * DAY
"""Events before that are replays; PagerDuty sends none again after a day."""

LONGEST = 2000
"""Characters of a note that are kept."""

_RESOLVED = "Resolved at PagerDuty."
_RESOLVED_THERE_ALONE = "Resolved at PagerDuty; here it is not restored yet."
_REOPENED = "Reopened at PagerDuty."


def hear(call: Call) -> Heard | Answer:
    """What somebody did. Raises ``Unproved``."""
    wanted = f"v1={hmac.digest(call.secret('webhook_secret').encode(), call.body, hashlib.sha256).hex()}"
    given = [each.strip() for each in call.headers.get("X-PagerDuty-Signature", "").split(",")]
    if not call.secret("webhook_secret") or not any(same(each, wanted) for each in given):
        raise Unproved
    event = inside(json_of(call.body), "event")
    kind, data, agent = text(event.get("event_type")), inside(event, "data"), inside(event, "agent")
    if not kind.startswith("incident.") or not text(event.get("id")) or _is_old(event, call):
        return {}
    about = inside(data, "incident") if data.get("type") != "incident" else data
    who = text(agent.get("id")) if agent.get("type") == "user_reference" else ""
    return Heard(
        event=text(event.get("id")),
        accounts=(who,) if who else (),
        acts=_acts(kind, data) if who else (),
        incident=text(about.get("incident_key")),
        topic=text(about.get("id")),
    )


def _is_old(event: Mapping[str, Any], call: Call) -> bool:
    try:
        return call.now - parse_time(text(event.get("occurred_at"))) > OLDEST
    except ValueError:
        return True


def _acts(kind: str, data: Mapping[str, Any]) -> tuple[Act, ...]:
    """What an event means here; several are tried in turn."""
    if kind == "incident.acknowledged":
        return (Acknowledge(),)
    if kind == "incident.resolved":
        return (Restore(note=_RESOLVED), Note(text=_RESOLVED_THERE_ALONE))
    if kind == "incident.reopened":
        return (StillBroken(note=_REOPENED),)
    note = text(data.get("content")).strip()[:LONGEST]
    return (Note(text=note),) if kind == "incident.annotated" and note else ()
