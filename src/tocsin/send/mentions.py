"""The people whom a message calls by name: a delivery has their names, the plan what reaches them. Pure.

It is looked up when the message is made, so that no telephone number is stored with a notice, and a new one counts at
once. Whom the plan does not have any more nobody calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.incident import Delivery
from tocsin._core.message import Mention
from tocsin._core.plan import Plan


def mentioned(delivery: Delivery, plan: Plan) -> Iterator[Mention]:
    """Those whom a delivery calls, each with their account at the tool of its channel."""
    channel = plan.channels.get(delivery.channel)
    for name in delivery.mention:
        person = plan.people.get(name)
        if person is not None:
            yield Mention(
                person=name,
                title=person.title.in_(delivery.language),
                mobile=person.mobile.reveal() if person.mobile is not None else "",
                email=person.email,
                account=person.accounts.get(channel.type, "") if channel is not None else "",
            )
