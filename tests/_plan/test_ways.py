"""The way to a channel, as a plan says it: proxy and certificates."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, told, write
from tests.support.certificates import certificate

from tocsin._core.secret import Secret
from tocsin.plan import check, load
from tocsin.reload import Rules

TWO = """proxy: {env: PROXY}
channels:
  a: {type: webhook, url: 'http://a'}
  b: {type: webhook, url: 'http://b', proxy: direct}
  c: {type: webhook, url: 'http://c', proxy: 'http://other:3128'}
  d: {type: console}
watchdog: {url: 'http://w'}
"""
TRUSTING = "channels: {a: {type: webhook, url: 'https://a', ca_file: ca.pem}}"


def test_a_proxy_for_all_and_another_for_one(tmp_path: Path) -> None:
    """The plan's is every channel's that speaks HTTP and names none, and the watchdog's; one may go without."""
    plan = plan_of(tmp_path, TWO, PROXY="http://u:s3cret@proxy:3128")
    proxies = {name: channel.settings.get("proxy") for name, channel in plan.channels.items() if name in "abcd"}
    assert proxies == {"a": Secret("http://u:s3cret@proxy:3128"), "b": None, "c": "http://other:3128", "d": None}
    assert plan.watchdog is not None and plan.watchdog.proxy == proxies["a"]
    assert "s3cret" not in repr(plan)


def test_the_environment_alone_makes_no_proxy(tmp_path: Path) -> None:
    """Only the plan does."""
    plan = plan_of(tmp_path, "channels: {a: {type: webhook, url: 'http://a'}}", HTTP_PROXY="http://x", http_proxy="y")
    assert plan.channels["a"].settings == {"url": "http://a"}


@pytest.mark.parametrize(
    "written", ["https://p", "socks5://p", "p:3128", "http://p/path", "http://p?x=1", "http://p:0"]
)
def test_what_is_no_proxy(tmp_path: Path, written: str) -> None:
    """The address of an HTTP proxy, and no more."""
    (problem,) = problems_of(tmp_path, f"channels: {{a: {{type: webhook, url: 'http://a', proxy: '{written}'}}}}")
    assert "`proxy` must be the address of an HTTP proxy and no more" in problem.message


def test_a_password_of_a_proxy_is_warned_of_and_not_shown(tmp_path: Path) -> None:
    """As any other secret that is written in."""
    problems, _ = check(write(tmp_path, "proxy: 'http://u:s3cret@p:3128'"), {})
    assert [problem.message for problem in problems if "secret" in problem.message] == [
        "an address that holds a secret is written into the file; write {env: NAME} or {file: path} instead"
    ]
    assert "s3cret" not in "".join(map(str, problems))


def test_certificates_are_taken_from_a_file_beside_the_plan(tmp_path: Path) -> None:
    """What the channel has is the certificates themselves."""
    (tmp_path / "ca.pem").write_text("Our company, 公司\n" + certificate(), encoding="utf-8")
    assert certificate() in plan_of(tmp_path, TRUSTING).channels["a"].settings["ca_file"]


def test_other_certificates_in_the_file_are_a_change(tmp_path: Path) -> None:
    """A reload takes them, as it takes another secret."""
    (tmp_path / "ca.pem").write_text(certificate(), encoding="utf-8")
    rules = Rules(write(tmp_path, TRUSTING), {})
    before = rules.load()
    assert not rules.changed()
    (tmp_path / "ca.pem").write_text("# renewed\n" + certificate(), encoding="utf-8")
    assert rules.changed()
    assert rules.load().channels["a"] != before.channels["a"]


@pytest.mark.parametrize("data", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_certificates(tmp_path: Path, data: str) -> None:
    """It is told where it is named."""
    (tmp_path / "ca.pem").write_text(data, encoding="utf-8")
    said = f"`ca_file` names the file {tmp_path}/ca.pem, which holds no certificates in PEM"
    assert [(line, column) for line, column, message in told(problems_of(tmp_path, TRUSTING)) if said in message] == [
        (1, 58)
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """An error for a service, a warning for who only checks the plan elsewhere."""
    assert told(problems_of(tmp_path, TRUSTING)) == [(1, 58, f"there is no file {tmp_path}/ca.pem")]
    problems, plan = check(tmp_path, {})
    assert plan is not None and [problem.warning for problem in problems if "no file" in problem.message] == [True]
    (tmp_path / "ca.pem").write_text(certificate(), encoding="utf-8")
    assert load(tmp_path, environment={}).channels["a"].settings["ca_file"]
