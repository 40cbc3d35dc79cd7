"""What each kind of value looks like, as JSON Schema: for editors, which know nothing of our validators.

``patternErrorMessage`` is what the common editors show in place of a
pattern. A shape never refuses what ``fields`` takes. It may take more: that a time zone exists, a day is one or a
regular expression is sound is told by ``tocsin check`` alone. Patterns are those of ECMA 262.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import WithJsonSchema

from tocsin._core.about import NAMES

Shape = dict[str, Any]

_BARE = r"""[^\s{}!=~,\\"'`]+"""
_QUOTED = r'"(?:[^"\\]|\\[\s\S])*"'
_COMPARED = rf"\s*(?:=~|!~|!=|=)\s*(?:{_QUOTED}|{_BARE})\s*"
_MATCHER = rf'\s*(?:(?!"")(?:{_QUOTED})|{_BARE}){_COMPARED}'
_NOTICE_MATCHER = rf"\s*(?:{'|'.join((*NAMES, *map(json.dumps, NAMES)))}){_COMPARED}"
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"[Tt ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-2][0-9]:[0-5][0-9])"
_BRACES = r"\{\{|\}\}|\{[^{}]+\}"
_LINK = rf"^[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20/?#{{}}\\]+(?:[/?#](?:[^\x00-\x20{{}}\\]|{_BRACES})*)?$"
_ADDRESS = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20/?#][^\x00-\x20]*$"

_PROXY = r"^[Hh][Tt][Tt][Pp]://[^\x00-\x20/?#]+/?$"


def _text(pattern: str, **more: Any) -> Shape:
    return {"type": "string", "pattern": pattern, **more}


_ELSEWHERE: Shape = {
    "type": "object",
    "description": "A text from an environment variable, or from a file below the plan's directory.",
    "properties": {"env": {"type": "string", "minLength": 1}, "file": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}


def _or_elsewhere(shape: Shape) -> Shape:
    return {"anyOf": [shape, _ELSEWHERE]}


_ANY_TEXT = _or_elsewhere(_text(r"\S"))
_SPAN = r"(?:[0-9]+(?:ms|s|m|h|d))+$"
_NO_SPAN = "Write a duration, such as 30s, 5m or 1h30m."
_LENGTH = _text(rf"^(?=.*[1-9]){_SPAN}", examples=["30s", "5m", "1h30m"], patternErrorMessage=_NO_SPAN)
_FILLED_TEXT = _or_elsewhere(
    _text(
        rf"^(?=[\s\S]*\S)(?:[^{{}}]|{_BRACES})*$",
        examples=["Disk full on {instance}"],
        patternErrorMessage="Write a text with names of labels in braces, as in {alertname}; {{ and }} are braces.",
    )
)


def _in_languages(shape: Shape) -> Shape:
    return {
        "type": "object",
        "description": "One text for each language; one that is left out takes the other's.",
        "properties": {"en": shape, "zh": shape},
        "additionalProperties": False,
        "minProperties": 1,
    }


_IN_LANGUAGES = _in_languages(_ANY_TEXT)

WEEKDAY_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def _any_case(names: tuple[str, ...]) -> str:
    return "|".join("".join(f"[{letter.upper()}{letter}]" for letter in name) for name in names)


def _one_or_range(item: str, *bounds: tuple[int, int], examples: list[str]) -> Shape:
    text = _text(rf"^(?:{item})(?::(?:{item}))?$", examples=examples)
    return {"anyOf": [text, *({"type": "integer", "minimum": low, "maximum": high} for low, high in bounds)]}


PLAIN = WithJsonSchema(_ANY_TEXT)
SECRET = WithJsonSchema({"anyOf": [_ELSEWHERE, _text(r"\S")]})
URL = WithJsonSchema(_or_elsewhere(_text(_ADDRESS, examples=["https://example.org/path"])))
PROXY = WithJsonSchema(_or_elsewhere(_text(_PROXY, examples=["http://proxy.example:3128"])))
PROXY_OR_DIRECT = WithJsonSchema(
    {"anyOf": [{"const": "direct"}, _text(_PROXY, examples=["http://proxy.example:3128"]), _ELSEWHERE]}
)
METHOD = WithJsonSchema(
    _text(r"^(?!(?:CONNECT|TRACE)$)[A-Z]{3,20}$", examples=["GET", "POST", "PUT", "PATCH", "DELETE"])
)
CONTENT_TYPE = WithJsonSchema(
    _text(
        r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+(?:; ?[A-Za-z0-9_-]+=[A-Za-z0-9_.-]+)?$",
        examples=["application/json", "application/x-www-form-urlencoded"],
    )
)
VARIABLE = WithJsonSchema(_text(r"^[a-z][a-z0-9_]{0,39}$"))
STATUS = WithJsonSchema({"type": "integer", "minimum": 200, "maximum": 499, "not": {"const": 429}})
PATH = WithJsonSchema(_or_elsewhere(_text(r"^/.*[^/]$", examples=["/var/log/tocsin/notices.jsonl"])))
FILE = WithJsonSchema(_text(r"\S", examples=["ca/company.pem"]))
LINK = WithJsonSchema(_or_elsewhere(_text(_LINK, examples=["https://wiki.example/{alertname}"])))
HEADER = WithJsonSchema(_or_elsewhere(_text(r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")))
TITLE = WithJsonSchema({"anyOf": [_text(r"\S"), _IN_LANGUAGES, _ELSEWHERE]})
FILLED_TITLE = WithJsonSchema({"anyOf": [_FILLED_TEXT, _in_languages(_FILLED_TEXT)]})
DURATION = WithJsonSchema(_text(rf"^{_SPAN}", examples=["0s", "30s", "1h30m"], patternErrorMessage=_NO_SPAN))
POSITIVE = WithJsonSchema(_LENGTH)
EXPIRES = WithJsonSchema({"anyOf": [{"const": "never"}, _LENGTH]})
UNTIL = WithJsonSchema(_text(f"^{_DAY}(?:{_TIME})?$", examples=["2027-03-31", "2027-03-31T18:00:00Z"]))
MOMENT = WithJsonSchema(_text(f"^{_DAY}{_TIME}$", examples=["2027-03-31T18:00:00Z"]))
ZONE = WithJsonSchema(_text(r"^[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,3}$", examples=["Asia/Shanghai", "UTC"]))


def _joined(matcher: str) -> str:
    """One matcher or several, in braces or not."""
    matchers = rf"{matcher}(?:,{matcher})*(?:,\s*)?"
    return rf"^\s*(?:\{{{matchers}\}}\s*|{matchers})$"


NOTICE_MATCHERS = WithJsonSchema(
    _text(
        _joined(_NOTICE_MATCHER),
        examples=['tier="high"', 'event!="alerts_added"', 'class=~"cyber_attack|data_breach_loss"'],
        patternErrorMessage=f'Write a matcher, such as tier="high", over {", ".join(NAMES)}.',
    )
)
MATCHERS = WithJsonSchema(
    _text(
        _joined(_MATCHER),
        examples=['severity="critical"', 'alertname=~"Disk.*"', 'environment!~"dev|test"'],
        patternErrorMessage='Write a matcher, such as severity="critical" or alertname=~"Disk.*".',
    )
)
_MAILBOX = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}"
MAIL_SERVER = WithJsonSchema(
    _or_elsewhere(
        _text(
            r"^[Ss][Mm][Tt][Pp][Ss]?://[^\x00-\x20/?#]+/?$",
            examples=["smtp://mail.example:587", "smtps://mail.example"],
            patternErrorMessage="Write a mail server, such as smtp://mail.example:587 or smtps://mail.example.",
        )
    )
)
RECIPIENT = WithJsonSchema(_or_elsewhere(_text(f"^{_MAILBOX}$", examples=["on-call@example.org"])))
MAIL_SENDER = WithJsonSchema(
    _or_elsewhere(_text(f"{_MAILBOX}[>)]?$", examples=["tocsin@example.org", "Tocsin <tocsin@example.org>"]))
)
EMAIL = WithJsonSchema(_or_elsewhere(_text(r"^[^@\s<>,;]+@[^@\s<>,;]+$", examples=["li.na@example.org"])))
NAME = WithJsonSchema(_text(r"^[^\s\x00-\x1f\x7f](?:.*[^\s\x00-\x1f\x7f])?$", maxLength=100))
PERSON_NAME = WithJsonSchema(
    _text(r"^(?![Ss][Yy][Ss][Tt][Ee][Mm]:)[^\s\x00-\x1f\x7f](?:.*[^\s\x00-\x1f\x7f])?$", maxLength=100)
)
ADDRESS_NAME = WithJsonSchema(_text(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))
STAGE_NAME = WithJsonSchema(_text(r"^[a-z0-9-]{1,40}$", examples=["page-again"]))
SHARE = WithJsonSchema(
    _text(
        r"^(?:[1-9][0-9]?|100)%$",
        examples=["75%"],
        patternErrorMessage="Write a share of the recovery time, from 1% to 100%.",
    )
)
LINK_NAME = WithJsonSchema(_text(r"^(?!(?:incident|respond)$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))
CLOCK = WithJsonSchema(_text(r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["09:00", "24:00"]))
_WEEKDAY = _any_case(WEEKDAY_NAMES)
WEEKDAYS = WithJsonSchema(_text(rf"^(?:{_WEEKDAY})(?::(?:{_WEEKDAY}))?$", examples=["monday:friday", "sunday"]))
DAYS_OF_MONTH = WithJsonSchema(
    _one_or_range(r"-?0{0,2}(?:[1-9]|[12][0-9]|3[01])", (1, 31), (-31, -1), examples=["1:5", "-1"])
)
MONTHS = WithJsonSchema(
    _one_or_range(rf"{_any_case(MONTH_NAMES)}|0{{0,2}}(?:[1-9]|1[0-2])", (1, 12), examples=["may:august", "5"])
)
YEARS = WithJsonSchema(_one_or_range("[1-9][0-9]{3}", (1970, 9990), examples=["2027", "2027:2029"]))
DAYS = WithJsonSchema(_text(rf"^{_DAY}(?:\.\.{_DAY})?$", examples=["2027-10-01", "2027-10-01..2027-10-07"]))
CHAT_ID = WithJsonSchema(
    {
        "anyOf": [
            {"type": "integer"},
            _text(r"^(?:-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})$", examples=["-1001234567890"]),
        ]
    }
)
CHANNEL_ID = WithJsonSchema(_text("^[a-z0-9]{26}$"))
COUNT = WithJsonSchema({"type": "integer", "minimum": 1})
LABEL = WithJsonSchema({"type": "string", "minLength": 1})
EXPRESSION = WithJsonSchema(
    _text(
        r"\S",
        maxLength=1200,
        examples=["event.type", "tags[0]", "severity || 'warning'", "root().sender"],
        patternErrorMessage="Write a JMESPath expression, such as event.type.",
    )
)
WRITTEN_VALUE = WithJsonSchema({"type": ["string", "number", "boolean"]})


def known(*names: str) -> WithJsonSchema:
    """A name of which these exist in every plan, so that an editor can offer them."""
    return WithJsonSchema({"anyOf": [{"enum": list(names)}, ADDRESS_NAME.json_schema]})


SHARED = {
    "matchers": MATCHERS,
    "notice_matchers": NOTICE_MATCHERS,
    "title": TITLE,
    "titles": WithJsonSchema(_IN_LANGUAGES),
    "filled": WithJsonSchema(_FILLED_TEXT),
    "text": PLAIN,
    "elsewhere": WithJsonSchema(_ELSEWHERE),
    "url": URL,
    "link": LINK,
    "duration": DURATION,
    "length": POSITIVE,
    "until": UNTIL,
    "zone": ZONE,
    "expression": EXPRESSION,
    "name": NAME,
}
"""Shapes that stand in many places, and under which name a schema holds each of them once."""
