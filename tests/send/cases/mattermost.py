"""The kind ``mattermost``, by a bot, in the shared contract."""

from tests.send.contract import HEADER, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "token": Secret(HEADER),
        "channel_id": "c" * 26,
        "timeout": TIMEOUT,
    },
    yes=b'{"id":"ppppppppppppppppppppppppp1"}',
)
