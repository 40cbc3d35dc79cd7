"""The kind ``msteams`` in the shared contract: the status alone counts, since a workflow's yes has no body."""

from tests.send.contract import TIMEOUT, Case

from tocsin._core.secret import Secret

CASE = Case(
    settings=lambda address: {"url": Secret(address), "timeout": TIMEOUT},
    noes=((b"<!DOCTYPE html><title>Sign in</title>", True), (b" \n<html>Welcome</html>", True)),
)
