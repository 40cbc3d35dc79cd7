"""The HTML, and what a browser may do with it: nothing but show it and send its forms back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from aiohttp import web
from jinja2 import DictLoader, Environment, StrictUndefined

from tocsin._core.clean import one_line
from tocsin.view.page.answer import Form, nobody_may
from tocsin.view.page.show import Shown, languages

TEMPLATES = ("base.html", "answer.html", "refusal.html")


class Pages:
    """Makes the pages. Everything that is put into one is escaped."""

    def __init__(self) -> None:
        folder = resources.files("tocsin.view.page")
        style = (folder / "page.css").read_text("utf-8")
        self._style = style
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow, noarchive",
        }
        self._templates = Environment(
            loader=DictLoader({name: (folder / name).read_text("utf-8") for name in TEMPLATES}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def answer(
        self, shown: Shown, forms: Sequence[Form], *, token: str, done: str = "", trouble: str = "", status: int = 200
    ) -> web.Response:
        """An incident, and what may be answered. ``done`` and ``trouble`` are sentences about what was sent last."""
        html = self._templates.get_template("answer.html").render(
            language=shown.language,
            heading=f"{shown.incident.id} {shown.title}",
            style=self._style,
            shown=shown,
            words=shown.words,
            forms=forms,
            nobody_may=nobody_may(shown),
            token=token,
            done=done,
            trouble=trouble,
            line=one_line,
        )
        return self._response(html, status)

    def refusal(self, name: str, status: int) -> web.Response:
        """A page that shows no incident, in every language."""
        texts = [(words.say["lang"], *words.refusals[name]) for words in languages()]
        html = self._templates.get_template("refusal.html").render(
            language=texts[0][0], heading=texts[0][1], style=self._style, texts=texts
        )
        return self._response(html, status)

    def seen(self, location: str) -> web.Response:
        """The answer to a form that was taken: look at the page again."""
        return web.Response(status=303, headers={**self._headers, "Location": location})

    def _response(self, html: str, status: int) -> web.Response:
        headers = {**self._headers, "Retry-After": "2"} if status == 503 else self._headers
        return web.Response(text=html, status=status, headers=headers, content_type="text/html", charset="utf-8")
