"""Telegram's updates: a ``callback_query``, proved by the secret that the webhook was set with.

The secret comes in ``X-Telegram-Bot-Api-Secret-Token``. The answer is a method call, ``answerCallbackQuery``: its text
is shown to the person who pressed the button. People are known by their number: a user name may change hands.
"""

from __future__ import annotations

from tocsin._core.press import read_value
from tocsin.view.callbacks.heard import Answer, Call, Heard, Unproved, act_of, inside, json_of, same, text

LONGEST = 200
"""Characters of an answer's text, by the Bot API."""


def hear(call: Call) -> Heard | Answer:
    """The button that was pressed. Raises ``Unproved``."""
    if not same(call.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), call.secret("callback_secret")):
        raise Unproved
    update = json_of(call.body)
    query = inside(update, "callback_query")
    number, user = text(query.get("id")), text(inside(query, "from").get("id"))
    press = read_value(query.get("data"))
    if not number:
        return {}

    def answer(said: str) -> Answer:
        return {"method": "answerCallbackQuery", "callback_query_id": number, "text": said[:LONGEST]}

    if press is None:
        return answer("")
    return Heard(
        event=f"{text(update.get('update_id'))}/{number}",
        accounts=(user,) if user else (),
        acts=act_of(press),
        press=press,
        answer=answer,
    )
