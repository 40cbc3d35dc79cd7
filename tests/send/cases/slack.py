"""The kind ``slack``, by a bot, in the shared contract."""

from tests.send.contract import HEADER, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "token": Secret(f"xoxb-{HEADER}"),
        "channel": "C0123456789",
        "timeout": TIMEOUT,
    },
    yes=b'{"ok":true,"channel":"C0123456789","ts":"1796432520.000100"}',
    noes=tuple(
        (f'{{"ok":false,"error":"{code}"}}'.encode(), again)
        for code, again in (
            ("ratelimited", True),
            ("message_limit_exceeded", True),
            ("internal_error", True),
            ("fatal_error", True),
            ("service_unavailable", True),
            ("request_timeout", True),
            ("team_added_to_org", True),
            ("org_login_required", True),
            ("invalid_auth", False),
            ("token_revoked", False),
            ("channel_not_found", False),
            ("not_in_channel", False),
            ("is_archived", False),
            ("msg_too_long", False),
            ("invalid_blocks", False),
            ("missing_scope", False),
            ("a code that is not known yet", False),
        )
    ),
)
