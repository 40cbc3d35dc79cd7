"""Mails, by a real mail server with STARTTLS, TLS and a login: what comes out of it, and who gets it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from email import charset
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.send.contract import StandingClock
from tests.send.samples import alone, delivery, message, notice, vendor_message
from tests.support.certificates import certificate
from tests.support.mail import PASSWORD, USER, Mailbox, mail_server, parsed
from tests.support.wait import wait_for

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Link, Mention, Message, Sender
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.body import render
from tocsin.send.kinds.email import KIND
from tocsin.send.mail import mail, sender_of
from tocsin.send.registry import open_session

ME = "on-call@example.org"
BOSS = "boss@example.org"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all channels share."""
    async with open_session() as session:
        yield session


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    """A server with STARTTLS and a login."""
    async with mail_server(login=True) as box:
        yield box


def sender_to(box: Mailbox, session: aiohttp.ClientSession, **more: Any) -> Sender:
    """A channel that sends there."""
    settings = {
        "url": f"smtp://127.0.0.1:{box.port}", "user": USER, "password": Secret(PASSWORD), "from_": USER, "to": [ME],
        "ca_file": certificate(), **more,
    }  # fmt: skip
    return KIND.open(Channel(name="post", type="email", settings=settings), session=session, clock=StandingClock())


def made(about: Message, **changes: Any) -> EmailMessage:
    """The mail of a message, as the standard library reads it."""
    settings: dict[str, Any] = {
        "sender": sender_of(USER),
        "to": [ME],
        "cc": [],
        "channel": "post",
        "now": StandingClock().now(),
    }
    return parsed(mail(about, **settings | changes))


def parts(found: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML of a mail."""
    plain, html = found.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


class Seen(HTMLParser):
    """What a reader of HTML sees: text, links, and the tags that there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


async def test_a_mail_arrives(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """Encrypted, logged in, from whom and to whom it says, and once."""
    sender = sender_to(box, session, cc=[BOSS], from_="Tocsin Bell <tocsin@example.org>")
    assert await sender.send(message()) == ""
    (envelope,), (seen,) = box.envelopes, box.sessions
    assert (envelope.mail_from, envelope.rcpt_tos) == (USER, [ME, BOSS])
    assert seen.ssl is not None and seen.authenticated and seen.host_name == "example.org"
    (found,) = box.mails
    assert (found["From"], found["To"], found["Cc"]) == ("Tocsin Bell <tocsin@example.org>", ME, BOSS)
    assert isinstance(envelope.content, bytes) and envelope.content.isascii()


@pytest.mark.parametrize("tls", ["tls", "none"])
async def test_a_server_may_speak_tls_from_the_start_or_never(session: aiohttp.ClientSession, tls: str) -> None:
    """By ``smtps``, and by ``tls: none``."""
    async with mail_server(tls=tls) as box:
        more = {"url": f"smtps://localhost:{box.port}"} if tls == "tls" else {"tls": "none"}
        await sender_to(box, session, user="", password="", **more).send(message())
        assert len(box.mails) == 1


async def test_the_login_may_stand_in_the_address(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """With its signs written as addresses write them."""
    url = f"smtp://tocsin%40example.org:{PASSWORD}@127.0.0.1:{box.port}"
    await sender_to(box, session, url=Secret(url), user="", password="").send(message())
    assert len(box.mails) == 1


def test_the_head_of_a_mail() -> None:
    """Subject, time, and what keeps programs from answering it."""
    found = made(message())
    assert found["Subject"] == "INC-261205-7K2M9P [HIGH][Critical function outage] Payment gateway down"
    assert found["Date"] == "Sat, 05 Dec 2026 01:02:00 +0000"
    assert found["Message-ID"] == "<inc-261205-7k2m9p-1-0123456789ab@example.org>"
    assert (found["Auto-Submitted"], found["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert (found["X-Tocsin-Incident"], found["X-Tocsin-Event"]) == ("INC-261205-7K2M9P", "opened")
    assert (found["From"], found["Importance"]) == ("Tocsin <tocsin@example.org>", "high")
    assert made(message(incident={"tier": "low"}))["Importance"] is None
    assert made(message(incident={"state": "restored"}))["Importance"] is None


def test_an_incident_is_one_thread_for_each_channel() -> None:
    """All its mails answer the same one, from the first on, and none answers another's."""
    first, later = made(message()), made(message(event="closed", incident={"state": "closed", "tier": "low"}))
    assert first["References"] == first["In-Reply-To"] == later["References"] == later["In-Reply-To"]
    assert first["References"].startswith("<inc-261205-7k2m9p.") and first["References"].endswith("@example.org>")
    others = (made(message(), channel="other"), made(dataclasses.replace(message(), incident="INC-261205-AAAAAA")))
    assert len({first["References"], *(each["References"] for each in others)}) == 3
    assert later["Subject"].startswith("INC-261205-7K2M9P ")


def test_a_long_domain_breaks_no_id() -> None:
    """An id is never folded, however long it is."""
    domain = f"{'long-' * 11}.example.org"
    found = mail(message(), sender=sender_of(f"tocsin@{domain}"), to=[ME], cc=[], channel="x" * 64, now=0)
    ids = [line for line in found.decode().split("\r\n") if line.startswith(("Message-ID:", "References:", "In-Reply"))]
    assert len(ids) == 3
    assert all(line.endswith(f"@{domain}>") for line in ids)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("t@example.org", "Tocsin"),
        ("警钟 <t@example.org>", "警钟"),
        ('"The \\"bell\\", Tocsin" <t@example.org>', 'The "bell", Tocsin'),
        (f"{'警钟' * 6} <t@example.org>", "警钟" * 6),
        ("=?utf-8?q?x?= <t@example.org>", "=?utf-8?q?x?="),
    ],
)
def test_the_sender_may_have_any_name(given: str, name: str) -> None:
    """It is read back as it was written, and stays a name."""
    (address,) = made(message(), sender=sender_of(given))["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "t@example.org")


def test_what_other_libraries_make_of_the_standard_one_changes_no_mail() -> None:
    """Some change for the whole process how headers are encoded, and so how long they are."""
    about = dataclasses.replace(message(), subject="支付网关中断")
    usual, kept = made(about).as_bytes(), dict(charset.CHARSETS)
    charset.add_charset("utf-8", charset.QP, charset.QP, "utf-8")
    try:
        changed = made(about).as_bytes()
    finally:
        charset.CHARSETS.clear()
        charset.CHARSETS.update(kept)
    assert [line for line in usual.split(b"\n") if b"=?" in line] == [
        line for line in changed.split(b"\n") if b"=?" in line
    ]


def test_what_is_about_no_incident_is_in_no_thread() -> None:
    """A digest or a test has its subject alone."""
    found = made(alone("digest"))
    assert found["Subject"] == "Tocsin: digest"
    assert found["References"] is None and found["X-Tocsin-Incident"] is None
    assert "Two incidents go on." in parts(found)[0]


def test_both_parts_say_the_same() -> None:
    """The text below the subject, and the links: as addresses in plain text, as buttons in HTML."""
    about = message()
    plain, html = parts(made(about))
    assert plain.startswith("INC-261205-7K2M9P v3 | open, firing | RTO by")
    assert plain.endswith("".join(f"\n{link.title}: {link.url}" for link in about.links) + "\n")
    seen = Seen(html)
    assert seen.links == [link.url for link in about.links]
    assert about.subject in seen.text
    for line in filter(None, about.below.split("\n")):
        assert line in seen.text and line in plain


def test_chinese_is_chinese() -> None:
    """In the subject, in both parts, and as the language of the page."""
    found = made(render(notice(), delivery(language="zh"), external_url=""))
    plain, html = parts(found)
    assert found["Subject"] == "INC-261205-7K2M9P 【高】【关键功能中断】支付网关中断"
    assert '<html lang="zh">' in html and "告警:PaymentGatewayDown" in html.replace("：", ":")
    assert "告警" in plain


@pytest.mark.parametrize(
    ("about", "colour"),
    [
        (message(), "#b3141c"),
        (message(incident={"tier": "medium"}), "#8a5000"),
        (message(incident={"tier": "low"}), "#3f5570"),
        (message(incident={"state": "closed"}), "#0f6b35"),
        (alone("test"), "#4b5160"),
    ],
)
def test_the_colour_is_the_tiers(about: Message, colour: str) -> None:
    """And another once it is over."""
    assert f"border-left:8px solid {colour}" in parts(made(about))[1]


def test_a_drill_and_a_vendors_part_are_what_they_are() -> None:
    """A drill is marked in the subject; a vendor reads its own part, which has no links."""
    assert made(message(drill=True))["Subject"].startswith("INC-261205-7K2M9P [DRILL]")
    assert Seen(parts(made(vendor_message()))[1]).links == []


async def test_whom_it_mentions_gets_it(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """As a recipient, where there is an address, and by name in the text."""
    people = (
        Mention(person="zhang.wei", title="张伟", email="zhang.wei@example.org"),
        Mention(person="li.na", title="Li Na"),
        Mention(person="wang", title="Wang", email="王@example.org"),
    )
    await sender_to(box, session).send(dataclasses.replace(message(), mentions=people))
    assert box.envelopes[0].rcpt_tos == [ME, "zhang.wei@example.org"]
    plain, html = parts(box.mails[0])
    assert plain.startswith("@张伟 @Li Na @Wang\n")
    assert "@张伟 @Li Na @Wang" in Seen(html).text


NASTY = st.text(
    st.sampled_from("<a href='//evil.example'>=?utf-8?q?x?=&\"\r\n\0\u2028\u202e支付\u0301👩‍👩‍👧‍👦\ud800 ")
    | st.characters(),
    max_size=300,
)


@given(NASTY, NASTY, NASTY)
def test_nothing_that_an_alert_says_becomes_a_header_or_markup(subject: str, text: str, title: str) -> None:
    """Whatever it says: the headers are ours, one of each, and so are the tags and the links."""
    link = Link(name="runbook", title=title, url="https://wiki.example/a?b=1&c='2'")
    about = dataclasses.replace(
        message(), subject=subject, plain=text, links=(link,), mentions=(Mention(person=title),)
    )
    usual = made(dataclasses.replace(message(), links=(link,), mentions=(Mention(person="x"),)))
    found = made(about)
    assert found.keys() == usual.keys()
    seen, wanted = Seen(parts(found)[1]), Seen(parts(usual)[1])
    assert seen.links == [link.url]
    assert set(seen.tags) <= set(wanted.tags)
    assert found["Subject"].startswith("INC-261205-7K2M9P")
    assert found.defects == []
    assert "\r" not in found["Subject"] and "\n" not in found["Subject"]


def test_a_long_subject_is_cut() -> None:
    """At 250 characters, between two of them."""
    found = made(dataclasses.replace(message(), subject="支付" * 300))
    assert len(found["Subject"]) == 250
    assert found["Subject"].endswith("支付支…")


async def test_those_unknown_to_the_server_are_named(
    box: Mailbox, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, where the others got it; in the error, where nobody did."""
    box.refuse = {BOSS: "550 5.1.1 no such user"}
    with caplog.at_level(logging.WARNING):
        await sender_to(box, session, to=[ME, BOSS]).send(message())
    assert box.envelopes[0].rcpt_tos == [ME]
    (record,) = [each for each in caplog.records if "recipients" in each.message]
    assert record.__dict__["refused"] == f"{BOSS} (550 5.1.1 no such user)"
    with pytest.raises(SendRefused, match=rf"took it for nobody: {BOSS} \(550 5.1.1 no such user\)"):
        await sender_to(box, session, to=[BOSS]).send(message())


async def test_those_who_are_to_wait_get_it_later_and_the_others_once(
    box: Mailbox, session: aiohttp.ClientSession
) -> None:
    """A server that lets one recipient wait is asked again for that one alone."""
    sender = sender_to(box, session, to=[ME, BOSS])
    box.refuse = {BOSS: "450 4.2.0 greylisted, come back later"}
    with pytest.raises(TrySendAgain, match=rf"did not take it yet for {BOSS} \(450 4.2.0 greylisted"):
        await sender.send(message())
    box.refuse = {}
    await sender.send(message())
    assert [envelope.rcpt_tos for envelope in box.envelopes] == [[ME], [BOSS]]
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]
    await sender.send(dataclasses.replace(message(), id="another"))
    assert box.envelopes[2].rcpt_tos == [ME, BOSS]


async def test_one_who_is_unknown_after_all_does_not_undo_what_others_have(
    box: Mailbox, session: aiohttp.ClientSession
) -> None:
    """It has been taken for somebody, so it is taken."""
    sender = sender_to(box, session, to=[ME, BOSS])
    box.refuse = {BOSS: "450 4.2.0 later"}
    with pytest.raises(TrySendAgain):
        await sender.send(message())
    box.refuse = {BOSS: "550 5.1.1 no such user"}
    assert await sender.send(message()) == ""


@pytest.mark.parametrize(
    ("says", "error", "text"),
    [
        ("451 4.3.0 try later", TrySendAgain, "answered 451: 4.3.0 try later"),
        ("452 4.3.1 disk full", TrySendAgain, "answered 452"),
        ("552 5.3.4 too large", SendRefused, "answered 552: 5.3.4 too large"),
        ("554 5.7.1 spam", SendRefused, "answered 554: 5.7.1 spam"),
    ],
)
async def test_the_servers_codes_are_sorted(
    box: Mailbox, session: aiohttp.ClientSession, says: str, error: type[Exception], text: str
) -> None:
    """4xx may pass, 5xx never will."""
    box.says = says
    with pytest.raises(error, match=text) as caught:
        await sender_to(box, session).send(message())
    assert str(caught.value).startswith(f"smtp://127.0.0.1:{box.port} answered")


async def test_a_wrong_password_is_refused_with_a_hint(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """Nothing of it is shown, though the server quotes it."""
    sender = sender_to(box, session, password=Secret("wr0ngwr0ng"))
    with pytest.raises(SendRefused, match=r"does not take `user` and `password`; .*answered 535") as caught:
        await sender.send(message())
    assert "wr0ngwr0ng" not in str(caught.value)
    box.login = "454 4.7.0 Temporary authentication failure"
    with pytest.raises(TrySendAgain, match="answered 454"):
        await sender_to(box, session).send(message())


async def test_nothing_is_sent_in_the_clear_that_was_not_to_be(session: aiohttp.ClientSession) -> None:
    """A server without STARTTLS, or without a login, is refused, and gets neither password nor mail."""
    async with mail_server(tls="none") as box:
        with pytest.raises(SendRefused, match="offers no STARTTLS"):
            await sender_to(box, session).send(message())
        with pytest.raises(SendRefused, match="offers no login"):
            await sender_to(box, session, tls="none").send(message())
        assert box.envelopes == []


async def test_those_who_wait_share_a_connection(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """A storm connects once; what comes alone leaves no connection behind."""
    sender = sender_to(box, session)
    mails = [dataclasses.replace(message(), id=f"d-{number}") for number in range(8)]
    await asyncio.gather(*(sender.send(each) for each in mails))
    assert len({seen.peer for seen in box.sessions}) == 1
    assert sorted(found["Message-ID"] for found in box.mails) == sorted(f"<{each.id}@example.org>" for each in mails)
    await sender.send(message())
    assert len({seen.peer for seen in box.sessions}) == 2
    await wait_for(lambda: box.connected() == 0, "the end of the connection")


async def test_the_quiet_check_logs_in_and_says_nothing(box: Mailbox, session: aiohttp.ClientSession) -> None:
    """And fails as a mail would."""
    assert await sender_to(box, session).check() is True
    assert box.envelopes == []
    with pytest.raises(SendRefused, match="535"):
        await sender_to(box, session, password=Secret("another")).check()
