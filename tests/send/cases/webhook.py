"""The kind ``webhook`` in the shared contract."""

from tests.send.contract import HEADER, SIGNING, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "secrets": [Secret(SIGNING), Secret("An0therKey")],
        "headers": {"Authorization": Secret(f"Bearer {HEADER}")} if "@" not in address else {"X-Key": HEADER},
        "timeout": TIMEOUT,
    }
)
