"""The answer page in a real browser, Chromium, as big as a phone and without script."""

from __future__ import annotations

import pytest
from tests.support.alerts import firing, resolved
from tests.support.browser import HEIGHT, WIDTH, Browser
from tests.support.hooks import Hooks
from tests.support.service import SMALL_PLAN, Service, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
KNOWN = SMALL_PLAN + "\nexternal_url: https://tocsin.example/alarm\n"
FINGER = 44
"""The least size in pixels of what a finger has to hit."""


def page_of(service: Service, hooks: Hooks, group: str = "technical", event: str = "opened") -> str:
    """Where this service has the page that a group's last message of an event links to."""
    link = hooks.wait(event, group)[group]["links"]["respond"]
    return f"{service.url}/r/{link.rpartition('/')[2]}"


@pytest.mark.programs("chromium")
async def test_acknowledging_from_a_phone(start: Start, hooks: Hooks) -> None:
    """Open the link, write a name, press: it is recorded; the page says so, and loading it again records nothing."""
    service = start(KNOWN)
    service.alert(firing(**DOWN))
    async with Browser() as browser:
        await browser.open(page_of(service, hooks))
        await browser.type("#acknowledge-by", "Zhang Wei")
        await browser.press("button#acknowledge")
        assert "Done: recorded that you have it." in await browser.html()
        revision = service.incident()["revision"]
        assert service.incident()["acknowledged_by"] == "Zhang Wei"
        await browser.call("Page.reload")
        await browser.open(page_of(service, hooks))
        assert (service.incident()["state"], service.incident()["revision"]) == ("acknowledged", revision)
        assert browser.errors == []


@pytest.mark.programs("chromium")
async def test_an_update_and_the_end(start: Start, hooks: Hooks) -> None:
    """Unfold the update, fill it in, send it; once it is quiet, say that it is back. The browser itself asks for what
    is missing."""
    service = start(KNOWN)
    service.alert(firing(**DOWN))
    async with Browser() as browser:
        await browser.open(page_of(service, hooks))
        await browser.press("details:nth-of-type(2) summary", leads_on=False)
        await browser.press("button#update", leads_on=False)
        assert service.incident().get("progress") is None, "nothing was sent: the browser asks for what is missing"
        words = {"by": "Li Na", "goal": "back by ten", "progress": "the disk was full", "risks": "it may fill again"}
        for name, text in words.items():
            await browser.type(f"#update-{name}", text)
        await browser.press("button#update")
        hooks.wait("updated", "technical", "legal")
        assert "the disk was full" in await browser.html()

        service.alert(resolved(**DOWN))
        await browser.open(page_of(service, hooks, event="cleared"))
        await browser.type("#restore-by", "Li Na")
        await browser.press("button#restore")
        hooks.wait("restored", "business")
        assert service.incident()["state"] == "restored"
        assert browser.errors == []


@pytest.mark.programs("chromium")
async def test_it_fits_a_phone(start: Start, hooks: Hooks) -> None:
    """In each language, on small phones and at twice the size of text, nothing is wider than the screen and what a
    finger has to hit is large enough; on a usual phone the button of what is asked for is on the first screen."""
    service = start(KNOWN)
    service.alert(firing(**DOWN, description="x" * 300))
    async with Browser() as browser:
        for language in ("en", "zh"):
            await browser.open(f"{page_of(service, hooks)}?lang={language}")
            for width in (WIDTH, 320, 320 // 2):
                await browser.look_like(width=width)
                assert await browser.width() == width
                for selector in ("summary", "button#acknowledge", "#acknowledge-by", "a.language"):
                    assert min(await browser.size(selector)) >= FINGER, selector
            await browser.look_like(width=WIDTH)
            assert await browser.end("button#acknowledge") <= HEIGHT


@pytest.mark.programs("chromium")
async def test_dark_and_light(start: Start, hooks: Hooks) -> None:
    """It follows what the phone is set to."""
    service = start(KNOWN)
    service.alert(firing(**DOWN))
    async with Browser() as browser:
        await browser.open(page_of(service, hooks))
        light = await browser.picture()
        await browser.look_like(width=WIDTH, dark=True)
        assert await browser.picture() != light
