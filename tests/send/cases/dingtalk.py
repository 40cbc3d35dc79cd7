"""The kind ``dingtalk`` in the shared contract."""

from tests.send.contract import HEADER, SIGNING, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "token": Secret(HEADER),
        "secret": Secret(SIGNING),
        "timeout": TIMEOUT,
    },
    yes=b'{"errcode":0,"errmsg":"ok"}',
    noes=(
        (b'{"errcode":-1,"errmsg":"system busy"}', True),
        (b'{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}', True),
        (b'{"errcode":410100,"errmsg":"too fast"}', True),
        (b'{"errcode":310000,"errmsg":"sign not match"}', False),
        (b'{"errcode":310000,"errmsg":"keywords not in content"}', False),
        (b'{"errcode":310000,"errmsg":"ip 127.0.0.1 not in whitelist"}', False),
        (b'{"errcode":300005,"errmsg":"token is not exist"}', False),
        (b'{"errcode":400102,"errmsg":"bot is stopped"}', False),
        (b'{"errcode":460101,"errmsg":"message too long, exceed 20000 bytes"}', False),
        (b'{"wait":5,"source":"x5","punish":"deny"}', True),
    ),
)
