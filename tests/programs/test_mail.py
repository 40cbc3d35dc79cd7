"""A mail's HTML in a real browser of a phone's width: nothing to scroll sideways, and buttons that a thumb hits."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.send.samples import delivery, notice
from tests.support.browser import WIDTH, Browser
from tests.support.mail import parsed

from tocsin.send.body import render
from tocsin.send.mail import mail, sender_of


@pytest.mark.programs("chromium")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_mail_is_read_on_a_phone(tmp_path: Path, language: str) -> None:
    """In the light and in the dark: the answer's button is on the first screen, and is high enough."""
    about = render(
        notice(asks={"technical": ("acknowledge",)}),
        delivery(language=language),
        external_url="https://tocsin.example",
        respond="https://tocsin.example/r/abc",
    )
    made = parsed(mail(about, sender=sender_of("t@example.org"), to=["a@example.org"], cc=[], channel="c", now=0))
    page = tmp_path / "mail.html"
    page.write_text(list(made.iter_parts())[1].get_content(), encoding="utf-8")
    async with Browser() as browser:
        for dark in (False, True):
            await browser.look_like(width=WIDTH, dark=dark)
            await browser.open(page.as_uri())
            assert await browser.width() == WIDTH
            _, height = await browser.size(".act a")
            assert height >= 48
            assert await browser.end(".act") <= 740
        assert browser.errors == []
