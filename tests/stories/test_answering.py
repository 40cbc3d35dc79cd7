"""From a phone at night: the link of a notice, and what can be pressed behind it."""

from __future__ import annotations

import html
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, PATIENCE, Hooks
from tests.support.service import SMALL_PLAN, Answer, Service, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
KNOWN = SMALL_PLAN + "\nexternal_url: https://tocsin.example/alarm/\n"
TOKENS = "\ntokens: {pager: {may: [ingest, read, act], token: {env: PAGER}}}\n"
PEOPLE = "\npeople: {zhang.wei: {title: 张伟, groups: [technical], token: {env: ZW}}}\n"


def page_of(service: Service, told: Mapping[str, object]) -> str:
    """Where this service has the page that a message links to."""
    links = told["links"]
    assert isinstance(links, dict)
    head, _, token = str(links["respond"]).rpartition("/")
    assert head == "https://tocsin.example/alarm/r"
    return f"{service.url}/r/{token}"


def send(url: str, **fields: str) -> Answer:
    """Send a form, and go where that leads."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, urlencode(fields).encode(), timeout=PATIENCE) as found:
        return Answer(found.status, dict(found.headers), html.unescape(found.read().decode()))


def test_whoever_gets_the_notice_can_answer_it(start: Start, hooks: Hooks) -> None:
    """Each group's message has a link of its own; a press there is on record, and lead and command are told."""
    service = start(KNOWN)
    service.alert(firing(**DOWN))
    told = hooks.wait("opened", *GROUPS)
    links = {body["links"]["respond"] for body in told.values()}
    assert len(links) == len(GROUPS)
    assert f"Answer: {told['technical']['links']['respond']}" in told["technical"]["text"].splitlines()
    assert f"回应:{told['business']['links']['respond']}" in told["business"]["text"].splitlines()

    page = send(page_of(service, told["technical"]), action="acknowledge", by="zhang.wei")
    assert page.status == 200
    assert "Done: recorded that you have it." in page.text
    said = hooks.wait("acknowledged", "technical", "command")["command"]
    assert said["incident"]["acknowledged_by"] == "zhang.wei"
    (entry,) = [
        entry
        for entry in service.get(f"/api/v1/incidents/{service.incident()['id']}").json["timeline"]
        if entry["action"] == "acknowledged"
    ]
    assert (entry["actor"], entry["via"], entry["verified"]) == ("zhang.wei", "link", False)


def test_until_it_is_restored(start: Start, hooks: Hooks) -> None:
    """An update goes to all who were told; once it is quiet, business confirms that it is back."""
    service = start(KNOWN)
    service.alert(firing(**DOWN))
    told = hooks.wait("opened", *GROUPS)
    page = page_of(service, told["technical"])
    send(page, action="update", by="zhang.wei", goal="back by ten", progress="disk was full", risks="none known")
    hooks.wait("updated", *GROUPS)
    service.alert(resolved(**DOWN))
    told = hooks.wait("cleared", "business")
    page = page_of(service, told["business"])
    assert "请确认服务是否已恢复。" in html.unescape(service.get(page.removeprefix(service.url)).text)
    send(page, action="restore", by="李娜", note="顾客已可付款")
    hooks.wait("restored", *GROUPS)
    assert service.incident()["state"] == "restored"


def test_the_link_is_the_key(start: Start, hooks: Hooks) -> None:
    """Where tokens exist the page still needs no login; all services of a store know each other's links, also after a
    restart, and one that was changed is refused."""
    plan = KNOWN + TOKENS + PEOPLE
    secrets = {"PAGER": "p" * 20, "ZW": "z" * 20}
    first, second = (start(plan, environment=secrets) for _ in range(2))
    first.post("/api/v2/alerts", [firing(**DOWN)], token="p" * 20)
    told = hooks.wait("opened", *GROUPS)
    assert first.get("/api/v1/incidents").status == 401
    path = page_of(first, told["technical"]).removeprefix(first.url)
    assert "张伟" in second.get(path).text
    first.stop()
    again = start(plan, environment=secrets)
    assert "Done" in send(again.url + path, action="acknowledge", by="zhang.wei").text
    assert again.get(path[:-1] + ("a" if path[-1] != "a" else "b")).status == 403


def test_without_an_address_no_link(start: Start, hooks: Hooks) -> None:
    """Where it is not known where people reach Tocsin, there is none; the flag tells it as the plan does."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    assert "respond" not in hooks.wait("opened", "technical")["technical"]["links"]
    other = start(SMALL_PLAN, "--external-url", "https://tocsin.example/alarm", "--namespace", "other")
    other.alert(firing(**DOWN))
    assert page_of(other, hooks.wait("opened", "technical", count=2)["technical"])
