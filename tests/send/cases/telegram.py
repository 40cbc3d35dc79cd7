"""The kind ``telegram`` in the shared contract."""

from tests.send.contract import HEADER, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "token": Secret(f"123456:{HEADER}"),
        "chat_id": "-1001",
        "timeout": TIMEOUT,
    },
    yes=b'{"ok":true,"result":{"message_id":7,"chat":{"id":-1001}}}',
    noes=(
        (b'{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}', True),
        (b'{"ok":false,"error_code":500,"description":"Internal Server Error"}', True),
        (b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}', False),
        (b'{"ok":false,"error_code":401,"description":"Unauthorized"}', False),
        (b'{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the group chat"}', False),
        (b'{"ok":false}', True),
    ),
)
