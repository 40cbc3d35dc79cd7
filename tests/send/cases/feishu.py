"""The kind ``feishu`` in the shared contract."""

from tests.send.contract import HEADER, SIGNING, TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {
        "url": Secret(address),
        "token": Secret(HEADER),
        "secret": Secret(SIGNING),
        "timeout": TIMEOUT,
    },
    yes=b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
    noes=(
        (b'{"code":11232,"msg":"frequency limited"}', True),
        (b'{"code":9499,"msg":"too many request","data":{}}', True),
        (b'{"code":9499,"msg":"Bad Request","data":{}}', False),
        (b'{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}', False),
        (b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}', False),
        (b'{"code":19022,"msg":"Ip Not Allowed"}', False),
        (b'{"code":19024,"msg":"Key Words Not Found"}', False),
        (b'{"StatusCode":19001,"StatusMessage":"param invalid"}', False),
    ),
)
