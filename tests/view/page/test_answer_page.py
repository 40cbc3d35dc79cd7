"""The answer page: what it shows, what it takes, and what it never does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.proxy import Proxy
from tests.support.world import classified
from tests.view.page.conftest import OWN, Answering, answering_at

from tocsin._core.action import Action, Change, Snooze
from tocsin._core.declaration import Asked, Declaration, Declared
from tocsin._core.errors import Busy, Forbidden, StoreUnavailable
from tocsin._core.model import Text, Tier
from tocsin._core.people import Person
from tocsin._core.plan import Channel
from tocsin._core.times import DAY, HOUR, MINUTE
from tocsin._plan.defaults import LABELS, MATRIX
from tocsin.classify.classifier import Classifier
from tocsin.classify.declare import classify_declared
from tocsin.dedup.identity import key_digest
from tocsin.view.page.show import words_of

UPDATE = {"goal": "payments back by ten", "progress": "found a full disk", "risks": "may fill again"}


async def test_looking_changes_nothing(answering: Answering) -> None:
    """Whoever follows the link sees how it stands and what is asked; nothing is recorded, however often."""
    await answering.world.fire()
    await answering.world.settle()
    before = await answering.world.incident()
    path = await answering.path()
    for _ in range(3):
        page = await answering.get(path)
        assert page.status == 200
    async with answering.client.head(path) as head:
        assert head.status == 200
    for words in (before.id, "HIGH", "open, firing", "Payments are down", "4h left", "Acknowledge that you have it."):
        assert words in page.text
    assert "nobody of the lead group or command yet" in page.text
    assert list(page.forms) == ["acknowledge", "update", "contain", "restore"]
    assert page.open == ["acknowledge"]
    assert await answering.world.incident() == before
    assert await answering.entries() == []


async def test_a_press_is_recorded_and_told(answering: Answering) -> None:
    """The press sends the browser back to look; the record says who, by which way, and that nothing proves it."""
    world = answering.world
    await world.fire()
    await world.settle()
    path = await answering.path()
    page = await answering.post(path, action="acknowledge", by="zhang.wei", lang="en")
    assert page.status == 303
    assert page.headers["Location"].startswith(f"{path.removeprefix('/r/')}?done=acknowledge&")
    assert await answering.entries() == [("acknowledged", "zhang.wei", "link", False)]
    assert world.told("command")[-1] == "acknowledged"
    incident = await world.incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "zhang.wei")

    page = await answering.get(f"/r/{page.headers['Location']}")
    assert "Done: recorded that you have it." in page.text
    assert "zhang.wei, Technical, since" in page.text
    assert "acknowledge" not in page.forms
    assert page.open == []
    assert page.forms["update"]["by"] == "zhang.wei", "the name need not be typed twice"


async def test_the_whole_life(answering: Answering) -> None:
    """Update, contained, quiet, still broken and restored: each is offered when it makes sense, and recorded."""
    world = answering.world
    await world.fire(source="alertmanager")
    await world.settle()
    path = await answering.path()
    page = await answering.post(
        path, action="update", by="li.na", next_step="free the disk", eta="2026-03-02T12:30", **UPDATE
    )
    assert page.status == 303
    incident = await world.incident()
    assert incident.progress is not None and incident.progress.goal == UPDATE["goal"]
    assert incident.eta is not None and incident.eta.at - world.clock.now() == 90 * MINUTE, "12:30 in Shanghai"
    page = await answering.get(path)
    for words in (*UPDATE.values(), "free the disk", "2026-03-02 12:30 UTC+8, said by li.na"):
        assert words in page.text
    assert page.forms["update"]["goal"] == UPDATE["goal"]

    await answering.post(path, action="contain", by="li.na", note="no more orders fail")
    assert "contain" not in (await answering.get(path)).forms
    world.clock.advance(20 * MINUTE)
    await world.resolve(source="alertmanager")
    await world.settle()
    page = await answering.get(path)
    assert page.open == ["restore"]
    assert "despite_firing" not in page.forms["restore"]
    assert "Left empty: 2026-03-02 11:20 UTC+8" in page.text
    await answering.post(path, action="still_broken", by="li.na", note="users still see errors")
    assert "Please say" not in (page := await answering.get(path)).text
    assert "still_broken" not in page.forms

    world.clock.advance(10 * MINUTE)
    page = await answering.post(path, action="restore", by="li.na")
    assert (page.status, page.open) == (422, ["restore"])
    assert "Please say when it was back: between its start, 2026-03-02 11:00 UTC+8, and now." in page.text
    page = await answering.post(path, action="restore", by="li.na", at="2026-03-02T11:25", note="checked by hand")
    assert page.status == 303
    incident = await world.incident()
    assert (incident.state, incident.restored_at) == ("restored", incident.started_at + 25 * MINUTE)
    done = [action for action, *_ in await answering.entries()]
    assert done == ["updated", "contained", "still_broken", "restored"]
    page = await answering.get(path)
    assert list(page.forms) == ["update", "still_broken"]
    assert page.text.index("restored ·") < page.text.index("still broken ·") < page.text.index("contained ·")
    assert "checked by hand" in page.text


async def test_what_cannot_be_taken_keeps_what_was_typed(answering: Answering) -> None:
    """A missing field, no name, and a state that has moved on: said in words, and every field stands as it was sent."""
    world = answering.world
    await world.fire()
    await world.settle()
    path = await answering.path()
    typed = {"goal": "<b>now</b>\nand soon", "progress": "", "risks": "x" * 2001, "eta": "soon", "by": ""}
    page = await answering.post(path, action="update", **typed)
    assert (page.status, page.open) == (422, ["update"])
    assert "Not done yet. What you typed is still there." in page.text
    assert {name: page.forms["update"][name] for name in typed} == typed
    for words in ("Please say who you are", "at most 2,000 characters", "Please give a date and a time."):
        assert words in page.text
    assert "&lt;b&gt;now&lt;/b&gt;" in page.html

    page = await answering.post(path, action="restore", by="li.na", note="all well")
    assert (page.status, page.forms["restore"]["note"]) == (409, "all well")
    assert "Please confirm that it is back although alerts still fire." in page.text
    page = await answering.post(path, action="restore", by="li.na", note="all well", despite_firing="yes")
    assert page.status == 303
    page = await answering.post(path, action="contain", by="li.na", note="too late")
    assert (page.status, page.forms["contain"]["note"]) == (409, "too late")
    assert "has changed meanwhile" in page.text
    assert [action for action, *_ in await answering.entries()] == ["restored"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Busy("others"), 503, "Press it again in a moment."),
        (StoreUnavailable("gone"), 503, "Press it again in a moment."),
        (Forbidden("not you"), 403, "A link may not do this."),
    ],
)
async def test_what_was_not_recorded_can_be_sent_again(
    answering: Answering, error: Exception, status: int, words: str
) -> None:
    """Where the act fails, the page says so, keeps what was typed, and takes it the next time."""
    await answering.world.fire()
    await answering.world.settle()
    path = await answering.path()
    answering.fail = error
    page = await answering.post(path, action="contain", by="li.na", note="holds")
    assert (page.status, page.open) == (status, ["contain"])
    assert words in page.text
    assert await answering.entries() == []
    answering.fail = None
    assert (await answering.post(path, **page.forms["contain"])).status == 303


async def test_without_the_store(store_url: str, clock: ManualClock) -> None:
    """While it is out of reach a page says so, in both languages, and that nothing was recorded."""
    async with Proxy(store_url) as proxy, answering_at(proxy.url, clock) as answering:
        await answering.world.fire()
        await answering.world.settle()
        path = await answering.path()
        await proxy.cut()
        async with answering.client.post(path, data={"action": "contain", "by": "li.na"}) as answer:
            text = await answer.text()
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
            assert "Nothing was recorded." in text and "没有记录任何内容。" in text
        await proxy.open()
        assert (await answering.get(path)).status == 200


@pytest.mark.parametrize("action", ["close", "lower", "false_alarm", "merge", "change", "", "__class__"])
async def test_what_the_page_does_not_offer_it_does_not_do(answering: Answering, action: str) -> None:
    """No field makes a link do more than its buttons."""
    await answering.world.fire()
    await answering.world.settle()
    given = {"by": "mallory", "reason": "because", "tier": "low", "into": "INC-1", "what": "x", "approver": "me"}
    page = await answering.post(await answering.path(), action=action, **given)
    assert page.status == 422
    assert "Choose one of the answers below." in page.text
    assert await answering.entries() == []


async def test_groups_with_a_summary_see_no_host(answering: Answering) -> None:
    """Business sees the plain title, without addresses, and no words but who did what; technical sees all."""
    world = answering.world
    said = classified(title=Text("10.1.2.3 on db-7 is down", "db-7 中断"), plain_title=Text("Outage of db-7", "中断"))
    await world.fire(said=said, labels={"alertname": "A", "instance": "db-7:9100"})
    await world.settle()
    path = await answering.path()
    await answering.post(path, action="contain", by="li.na", note="db-7 is off")
    words = {"goal": "db-7 up", "progress": "10.1.2.3 is off", "risks": "db.corp.internal too"}
    await answering.post(path, action="update", by="li.na", **words)
    full, summary = [await answering.get(await answering.path(group)) for group in ("technical", "business")]
    assert "10.1.2.3 on db-7 is down" in full.text and "db-7 is off" in full.text
    for host in ("db-7", "10.1.2.3", "internal"):
        assert host not in summary.html
    for shown in ("Outage of …", "… up", "… is off", "… too", "li.na"):
        assert shown in summary.text
    assert all(text in full.text for text in words.values())
    assert "subject=" not in summary.html + full.html


async def test_the_plans_people_are_chosen_from(answering: Answering) -> None:
    """Where the plan lists people, those of the group are offered, and another name is refused."""
    people = {
        name: Person(name=name, title=Text(title, title), groups=groups)
        for name, title, groups in (("zhang.wei", "张伟", ("technical",)), ("wang", "Wang <W>", ("command", "data")))
    }
    world = answering.world
    world.plan = plan(people=people)
    await world.fire()
    await world.settle()
    path = await answering.path()
    page = await answering.get(path)
    assert "张伟" in page.text and "Wang" not in page.text
    assert page.forms["acknowledge"]["by"] == ""
    page = await answering.post(path, action="acknowledge", by="wang")
    assert page.status == 422
    page = await answering.post(path, action="acknowledge", by="mallory")
    assert (page.status, await answering.entries()) == (422, [])
    assert "Please choose who you are" in page.text
    assert (await answering.post(path, action="acknowledge", by="zhang.wei")).status == 303

    page = await answering.get(await answering.path("legal"))
    assert page.forms == {}
    assert "none of them for this group" in page.text


async def test_a_shared_channel_answers_for_one_of_its_groups(answering: Answering) -> None:
    """Groups that share a channel get one link, offer the choice, and take no other group."""
    world = answering.world
    groups = {**plan().groups, "command": replace(plan().groups["command"], channels=("technical-hook",))}
    world.plan = plan(groups=groups, channels={**plan().channels, "spare": Channel(name="spare", type="webhook")})
    await world.fire()
    await world.settle()
    path = await answering.path("command")
    page = await answering.get(path)
    assert "Command, Technical: what is asked of you" in page.text
    assert page.forms["acknowledge"]["group"] == "command"
    assert (await answering.post(path, action="acknowledge", by="li.na", group="legal")).status == 422
    assert (await answering.post(path, action="acknowledge", by="li.na", group="technical")).status == 303
    (given,) = (await world.incident()).acknowledgements
    assert (given.group, given.by) == ("technical", "li.na")


async def test_in_the_deliverys_language(answering: Answering) -> None:
    """As the notice was, with a switch that holds through forms."""
    world = answering.world
    groups = {**plan().groups, "technical": replace(plan().groups["technical"], language="zh")}
    world.plan = plan(groups=groups)
    await world.fire()
    await world.settle()
    path = await answering.path()
    page = await answering.get(path)
    assert '<html lang="zh">' in page.html
    for words in ("支付中断", "请确认已收到并接手处理。", "剩余 4小时"):
        assert words in page.text
    page = await answering.get(f"{path}?lang=en")
    assert "Payments are down" in page.text and page.forms["acknowledge"]["lang"] == "en"
    page = await answering.post(path, action="acknowledge", by="", lang="en")
    assert "Please say who you are" in page.text
    page = await answering.post(path, action="acknowledge", by="", lang="zh")
    assert "请写明您是谁" in page.text
    assert "lang=en" in (await answering.post(path, action="acknowledge", by="李娜", lang="en")).headers["Location"]


async def test_what_is_missing_from_a_change_stands_out(answering: Answering) -> None:
    """A change without an approver or a way back is flagged to every group, and the words of it only to those with
    full details; so is that reminders are put off."""
    world = answering.world
    await world.fire()
    await world.settle()
    incident = await world.incident()
    for act in (Change(what="restart db-7", approver="wang"), Snooze(for_seconds=3600, reason="on it")):
        await world.acts.act(Action(incident=incident.id, act=act, by="li.na", group="technical"))
    await world.settle()
    for group in ("technical", "legal"):
        page = await answering.get(await answering.path(group))
        assert "Emergency change 1 has no rollback plan." in page.text
        assert "No reminders until2026-03-02 12:00 UTC+8" in page.text.replace("\n", "")
        assert "db-7" not in page.html


async def test_what_was_declared_has_no_signals(answering: Answering) -> None:
    """Of an incident without alerts the page speaks of none, and it is restored as of now without more ado."""
    world = answering.world
    world.plan = plan(labels=LABELS, matrix=MATRIX)
    declaration = Declaration(class_="cyber_attack", title="Odd logins", tier=Tier.HIGH)
    asked = Asked(declaration=declaration, by="wang", group="command", request="r-1")
    decision = classify_declared(declaration, world.plan, Classifier(world.plan), by="wang", now=world.clock.now())
    await world.acts.declare(Declared(asked=asked, decision=decision), key_digest(decision.key))
    await world.settle()
    path = await answering.path()
    page = await answering.get(path)
    assert "Odd logins" in page.text and "declared by hand · wang" in page.text
    assert "signals quiet" not in page.text and "firing" not in page.text
    assert page.open == ["acknowledge"]
    assert "despite_firing" not in page.forms["restore"]
    world.clock.advance(HOUR)
    assert (await answering.post(path, action="restore", by="li.na")).status == 303
    assert (await world.incident()).restored_at == world.clock.now()


async def test_links_end(answering: Answering) -> None:
    """Changed ones are refused, those of the seven days before are over, and both are said in both languages."""
    world = answering.world
    await world.fire(source="alertmanager")
    await world.settle()
    path = await answering.path()
    for wrong in (path[:-1], path + "a", path.replace("inc-", "inc-9", 1), "/r/x", "/r/%F0%9F%98%80"):
        for page in (await answering.get(wrong), await answering.post(wrong, action="acknowledge", by="li.na")):
            assert page.status == 403
            assert "This link does not work" in page.text and "链接无效" in page.text
    world.clock.advance(7 * DAY)
    for page in (await answering.get(path), await answering.post(path, action="acknowledge", by="li.na")):
        assert page.status == 410
        assert "This link has ended" in page.text and "链接已过期" in page.text
    assert await answering.entries() == []


async def test_what_is_over_is_only_shown(answering: Answering) -> None:
    """A closed incident asks for nothing and takes nothing."""
    world = answering.world
    await world.fire(tier="low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    path = await answering.path()
    await world.resolve(tier="low")
    await world.wait(HOUR, step=MINUTE)
    assert (await world.incident()).state == "closed"
    page = await answering.get(path)
    assert (page.status, page.forms) == (200, {})
    assert "This incident is closed." in page.text
    assert (await answering.post(path, action="contain", by="li.na", note="late")).status == 409


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "null"}, 303),
        ({"Origin": "https://tocsin.example", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://tocsin.example"}, 403),
    ],
)
async def test_forms_of_other_sites_are_refused(answering: Answering, headers: dict[str, str], status: int) -> None:
    """Ours come from our own origin, or from none that is named; others leave no trace."""
    await answering.world.fire()
    await answering.world.settle()
    page = await answering.post(await answering.path(), headers, action="acknowledge", by="li.na")
    assert page.status == status
    assert len(await answering.entries()) == (status == 303)


async def test_a_browser_may_do_nothing_else_with_it(answering: Answering) -> None:
    """No script, nothing from elsewhere, no copies, no traces: on every page, whatever it says."""
    await answering.world.fire(labels={"alertname": "A", "x": "<script>"})
    await answering.world.settle()
    path = await answering.path()
    for page in (await answering.get(path), await answering.get("/r/x"), await answering.post(path, action="contain")):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "script" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert not re.search(r"<script|\son\w+=|https?://(?!www\.w3)|src=", page.html)
    assert OWN not in page.html


async def test_untrusted_text_is_text(answering: Answering) -> None:
    """Titles, names and notes with markup, signs of direction and braces are shown as text, on one line."""
    world = answering.world
    nasty = "</title><script>alert(1)</script>{{ 7*7 }}\u202e{0}"
    await world.fire(said=classified(title=Text(nasty, nasty)))
    await world.settle()
    path = await answering.path()
    page = await answering.post(path, action="contain", by="<i>li</i>", note=nasty.replace("\u202e", ""))
    assert page.status == 303
    page = await answering.get(f"{path}?by=%3Cscript%3E&done=%3Cscript%3E&lang=%3Cscript%3E")
    assert "<script" not in page.html and "<i>" not in page.html
    assert "{{ 7*7 }}" in page.text and "\u202e" not in page.html
    assert page.forms["update"]["by"] == "<script>"


async def test_an_address_alone_proves_nothing(answering: Answering) -> None:
    """What was done is said to the one who has just done it, not to whoever opens a made-up address, or an old one."""
    world = answering.world
    await world.fire(source="alertmanager")
    await world.settle()
    path = await answering.path()
    made_up = f"{path}?done=acknowledge&by=li.na"
    words = words_of("en").done["acknowledge"]
    assert words not in (await answering.get(made_up)).text
    await answering.post(path, action="acknowledge", by="li.na")
    assert words in (await answering.get(made_up)).text
    await world.wait(6 * MINUTE)
    assert words not in (await answering.get(made_up)).text


async def test_bodies_are_forms_and_bounded(answering: Answering) -> None:
    """JSON is refused, too large a form too; neither does anything."""
    await answering.world.fire()
    await answering.world.settle()
    path = await answering.path()
    async with answering.client.post(path, json={"action": "acknowledge", "by": "li.na"}) as answer:
        assert answer.status == 415
    async with answering.client.post(path, data={"by": "x" * 300_000}) as answer:
        assert answer.status == 413
    many = {f"f{number}": "" for number in range(100)}
    assert (await answering.post(path, action="acknowledge", by="li.na", **many)).status == 422
    assert await answering.entries() == []
