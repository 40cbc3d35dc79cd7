"""The kind ``discord`` in the shared contract."""

from tests.send.contract import TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {"url": Secret(address), "timeout": TIMEOUT},
    yes=b'{"id":"1300000000000000001","channel_id":"1200000000000000001"}',
)
