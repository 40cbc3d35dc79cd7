"""The kind ``opsgenie`` in the shared contract."""

from tests.send.contract import SIGNING, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {"url": Secret(address), "api_key": Secret(SIGNING), "timeout": TIMEOUT},
    yes=b'{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}',
    noes=((b'{"message":"Could not process","took":0.001,"requestId":"43a29c5c"}', True),),
)
