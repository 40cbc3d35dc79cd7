"""The kind ``pagerduty`` in the shared contract."""

from tests.send.contract import SIGNING, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {"url": Secret(address), "routing_key": Secret(SIGNING), "timeout": TIMEOUT},
    yes=b'{"status":"success","message":"Event processed","dedup_key":"INC-261205-7K2M9P"}',
    noes=(
        (b'{"status":"invalid event","message":"Event object is invalid","errors":["routing_key is wrong"]}', False),
        (b'{"status":"throttle exceeded","message":"Requests are arriving too quickly"}', True),
    ),
)
