"""``GET`` and ``POST /r/{token}``: the answer page behind a notice's link.

GET only shows: previews and scanners follow links. POST acts, as the one who follows the link says that they are
(``via: link, verified: false``), and sends the browser back to look. The token is all that either needs; a form that
another site sent is refused all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tocsin._core.action import Action
from tocsin._core.clock import Clock
from tocsin._core.errors import Busy, Conflict, Forbidden, NotFound, StoreUnavailable, Unprocessable
from tocsin._core.incident import Incident
from tocsin._core.link import BadLink, Link
from tocsin._core.plan import Plan
from tocsin._core.times import MINUTE, Millis
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin._store.notices import last_notice
from tocsin.view.page.answer import forms
from tocsin.view.page.form import Posted, action_of, read_form
from tocsin.view.page.links import AnswerLinks
from tocsin.view.page.pages import Pages
from tocsin.view.page.show import Shown, view_of
from tocsin.view.who import actor_of

LATELY: Millis = 5 * MINUTE
"""For how long the page says of an act that it was done."""


class _Refused(Exception):
    """A request that is answered with a page that shows no incident."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.name = name
        self.status = status


class AnswerPage:
    """The routes. ``act`` does what is asked for, ``allowed`` says what an incident takes."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        links: AnswerLinks,
        act: Callable[[Action], Awaitable[Incident]],
        allowed: Callable[[Incident], Sequence[str]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._links = links
        self._act = act
        self._allowed = allowed
        self._pages = Pages()

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, which need nothing but a token in the path."""
        return ((web.get("/r/{token}", self.get), "link"), (web.post("/r/{token}", self.post), "link"))

    async def get(self, request: web.Request) -> web.Response:
        """Show the incident, and what may be answered."""
        return await self._or_refusal(self._shown(request))

    async def post(self, request: web.Request) -> web.Response:
        """Do what a form asks for; what cannot be done is shown with the form as it was sent."""
        return await self._or_refusal(self._done(request))

    async def _or_refusal(self, answer: Awaitable[web.Response]) -> web.Response:
        try:
            return await answer
        except _Refused as refused:
            return self._pages.refusal(refused.name, refused.status)
        except BadLink:
            return self._pages.refusal("bad", 403)
        except NotFound:
            return self._pages.refusal("gone", 410)
        except StoreUnavailable:
            return self._pages.refusal("store", 503)

    async def _shown(self, request: web.Request) -> web.Response:
        query = request.query
        shown = await self._view(await self._link(request), query.get("lang", ""))
        name = query.get("by", "")
        posted = Posted(by="" if actor_of(name, None, ()).fault else name, group=query.get("group", ""), values={})
        done = shown.words.done.get(query.get("done", ""), "") if _acted_lately(shown, posted.by) else ""
        return self._answer(request, shown, posted, done=done)

    async def _done(self, request: web.Request) -> web.Response:
        link = await self._link(request)
        if is_foreign(request.headers, request.host, self._links.origin):
            raise _Refused("foreign", 403)
        posted = read_form(await request.read())
        shown = await self._view(link, posted.language)
        if not posted.action:
            return self._answer(request, shown, posted, trouble=("gone_action",), status=422)
        action, faults = action_of(posted, link, shown.zone)
        if action is None:
            return self._answer(request, shown, posted, faults=faults, trouble=("not_done", "kept"), status=422)
        return await self._acted(request, shown, posted, action)

    async def _acted(self, request: web.Request, shown: Shown, posted: Posted, action: Action) -> web.Response:
        faults: tuple[str, ...] = ()
        trouble: tuple[str, ...]
        try:
            await self._act(action)
        except Unprocessable as error:
            faults, trouble, status = tuple(path for path, _ in error.problems), ("not_done", "kept"), 422
        except Conflict:
            # Where it fires again, it must be said that it is back all the same.
            faults, trouble, status = ("despite_firing",), ("not_done", "conflict", "kept"), 409
        except Forbidden:
            trouble, status = ("not_done", "forbidden"), 403
        except (Busy, StoreUnavailable):
            return self._answer(request, shown, posted, trouble=("busy", "kept"), status=503)
        else:
            known = {"done": posted.action, "lang": shown.language, "by": posted.by, "group": posted.group}
            query = urlencode({name: value for name, value in known.items() if value})
            return self._pages.seen(f"{request.match_info['token']}?{query}")
        now = await self._view(shown.link, shown.language)
        return self._answer(request, now, posted, faults=faults, trouble=trouble, status=status)

    def _answer(
        self,
        request: web.Request,
        shown: Shown,
        posted: Posted,
        *,
        faults: Sequence[str] = (),
        trouble: Sequence[str] = (),
        done: str = "",
        status: int = 200,
    ) -> web.Response:
        offered = forms(shown, self._allowed(shown.incident), posted, faults)
        return self._pages.answer(
            shown,
            offered,
            token=request.match_info["token"],
            done=done,
            trouble=" ".join(shown.words.say[name] for name in trouble),
            status=status,
        )

    async def _link(self, request: web.Request) -> Link:
        link = await self._links.read(request.match_info["token"])
        if self._clock.now() >= link.expires:
            raise _Refused("expired", 410)
        return link

    async def _view(self, link: Link, language: str) -> Shown:
        whole = await show_incident(self._store, link.incident)
        notice = await last_notice(self._store, whole.incident)
        alerts = notice.alerts if notice else ()
        return view_of(whole, self._plan(), link, language=language, alerts=alerts, now=self._clock.now())


def _acted_lately(shown: Shown, by: str) -> bool:
    """Whether this person did something by a link a moment ago: an address alone proves nothing."""
    since = shown.now - LATELY
    return any(each.via == "link" and each.actor == by and each.at >= since for each in shown.whole.timeline)


def is_foreign(headers: Mapping[str, str], host: str, own: str) -> bool:
    """Whether a browser says that a page of another site sent this. ``own`` is the origin at which people reach us.

    Where the page's own policy is to give no referrer, browsers send ``Origin: null`` with its forms too.
    """
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("Origin", "null")
    return origin not in ("null", own) and urlsplit(origin).netloc.lower() != host.lower()
