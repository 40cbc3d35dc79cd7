"""The kind ``wecom`` in the shared contract."""

from tests.send.contract import HEADER, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {"url": Secret(address), "key": Secret(HEADER), "timeout": TIMEOUT},
    yes=b'{"errcode":0,"errmsg":"ok"}',
    noes=(
        (b'{"errcode":-1,"errmsg":"system busy"}', True),
        (b'{"errcode":45009,"errmsg":"api freq out of limit"}', True),
        (b'{"errcode":45033,"errmsg":"api concurrent out of limit"}', True),
        (b'{"errcode":93000,"errmsg":"invalid webhook url"}', False),
        (b'{"errcode":93004,"errmsg":"bot is disabled"}', False),
        (b'{"errcode":40008,"errmsg":"invalid message type"}', False),
        (b'{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}', False),
        (b'{"errcode":44004,"errmsg":"empty content"}', False),
    ),
)
