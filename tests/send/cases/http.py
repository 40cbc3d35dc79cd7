"""The kind ``http`` in the shared contract."""

from tests.send.contract import HEADER, SIGNING, TIMEOUT, Case

from tocsin._core.expression import Expression
from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "query": {"key": "{{ secrets.key }}", "text": "{{ subject }}"},
        "body": '{"text": {{ text | json }}, "sign": "{{ secrets.key }}"}',
        "secrets": {"key": Secret(SIGNING)},
        "headers": {"X-Key": HEADER},
        "accepted": Expression.compile("code == `0`"),
        "timeout": TIMEOUT,
    },
    yes=b'{"code": 0}',
    noes=((b'{"code": 17, "message": "no credit"}', True), (b"[]", True), (b"0", True)),
)
