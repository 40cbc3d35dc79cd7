"""The composition root: builds every part once, starts them in order, and ends them in good order.

It alone reads the environment. Start: store, HTTP, then the loops once the store answers. End, at SIGTERM or
SIGINT: no new requests, what was accepted is stored, the loops finish what is at hand and give back their
leases, the private store goes last; all within ten seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TextIO

import uvloop

from tocsin import __version__
from tocsin._core.clock import StoreClock
from tocsin._store.client import Store
from tocsin._store.contact import first_contact, follow_time
from tocsin._store.rejected import RejectedPayloads
from tocsin._store.server import PrivateServer
from tocsin.accept.access import check_binding, is_loopback
from tocsin.accept.body import Bodies
from tocsin.accept.guard import Guard, caller
from tocsin.accept.health import HealthRoutes
from tocsin.accept.intake import IntakeRoutes
from tocsin.accept.ports import Policy
from tocsin.accept.rejected import RejectedRoutes
from tocsin.accept.reload import ReloadRoutes
from tocsin.accept.server import GuardedRoute, Server, create_app
from tocsin.adapt import ADAPTERS
from tocsin.declare import Declarations
from tocsin.explain import Keeper
from tocsin.explain.route import ExplainRoute
from tocsin.heartbeat.watch import Watch
from tocsin.incident.act import Acts
from tocsin.incident.actions import allowed
from tocsin.incident.loop import IncidentLoop
from tocsin.pipeline import Pipeline, Routes
from tocsin.plan import Current
from tocsin.reload import Reloader, Rules
from tocsin.report.route import ReportRoute
from tocsin.retention.files import ArchiveFiles
from tocsin.retention.loop import RetentionLoop
from tocsin.send.kinds.console import Console
from tocsin.send.post import Post
from tocsin.settings import Settings, open_store
from tocsin.telemetry.metrics import Metrics
from tocsin.telemetry.scrape import ScrapeRoutes
from tocsin.view.actions import ActionRoutes
from tocsin.view.callbacks.routes import CallbackRoutes
from tocsin.view.channels import ChannelRoutes
from tocsin.view.letters import LetterRoutes
from tocsin.view.page.links import AnswerLinks
from tocsin.view.page.routes import AnswerPage
from tocsin.view.routes import View
from tocsin.view.shapes import whole_item

log = logging.getLogger(__name__)

Beside = Callable[[int], Coroutine[None, None, None]]
"""What runs along with the service, given the port: the demo's story."""

LOOK_AGAIN = 0.5
"""Seconds between looks for what is to end."""

HTTP_ENDS_WITHIN = 2.0
LOOPS_END_WITHIN = 5.0
"""Seconds that each part has to end; with the store's end they stay under ten."""


def environment() -> Mapping[str, str]:
    """The environment, for those who are given it."""
    return dict(os.environ)


def run(
    settings: Settings,
    current: Current,
    *,
    variables: Mapping[str, str],
    console: TextIO,
    rules: Rules | None = None,
    beside: Beside | None = None,
) -> None:
    """Serve until a signal ends it. ``rules`` is where the plan came from, if it is to follow them. ``beside`` runs
    along, given the port; the service ends with it.

    Raises ``ConfigurationError`` and ``StoreMismatch`` for what cannot work.
    """
    check_binding(settings.host, current.plan().tokens, current.plan().people, insecure=settings.insecure)
    with open_store(settings, variables) as (url, server):
        uvloop.run(App(settings, current, url=url, server=server, console=console, rules=rules).serve(beside))


class App:
    """All parts, built once and passed on by name."""

    def __init__(
        self,
        settings: Settings,
        current: Current,
        *,
        url: str,
        server: PrivateServer | None,
        console: TextIO,
        rules: Rules | None,
    ) -> None:
        self._settings = settings
        self._current = current
        self._server = server
        self._stop, self._bodies = asyncio.Event(), Bodies()
        self._process = secrets.token_hex(6)
        self._clock = StoreClock()
        self._store = Store.at(url, namespace=settings.namespace, shards=settings.shards)
        self._metrics = Metrics(__version__)
        self._metrics.plan_loaded(current.plan(), self._clock.now())
        self._links = AnswerLinks(store=self._store, external_url=self._external_url)
        self._post = self._send(Console(console, plain=settings.plain))
        self._reloader = self._follow(rules) if rules else None
        self._incidents = IncidentLoop(
            store=self._store,
            clock=self._clock,
            plan=current.plan,
            router=Routes(current),
            explain=Keeper(current).why,
            meter=self._metrics,
            owed=self._post.owed,
            process=self._process,
        )
        self._pipeline = Pipeline(
            current=current, store=self._store, clock=self._clock, incidents=self._incidents, metrics=self._metrics
        )
        self._watch = Watch(
            store=self._store, clock=self._clock, plan=current.plan, post=self._pipeline.keep, meter=self._metrics
        )
        self._retention = self._retain(ArchiveFiles(settings.archive) if settings.archive else None)

    def _send(self, console: Console) -> Post:
        return Post(
            store=self._store,
            clock=self._clock,
            console=console,
            external_url=self._external_url,
            respond=self._links.link,
            edition=lambda: self._current.edition,
            failed=self._metrics.template_failed,
            checked=self._metrics.checked,
            meter=self._metrics,
            process=self._process,
            refuse_private=self._settings.refuse_private_channels,
        )

    def _retain(self, files: ArchiveFiles | None) -> RetentionLoop:
        if files:
            files.prepare()
        return RetentionLoop(
            store=self._store,
            clock=self._clock,
            plan=self._current.plan,
            files=files,
            drop=self._settings.drop_expired,
            shape=lambda whole, now: whole_item(whole, self._current.plan().language, now),
            meter=self._metrics,
            process=self._process,
        )

    def _follow(self, rules: Rules) -> Reloader:
        settings = self._settings
        return Reloader(
            rules,
            current=self._current,
            channels=self._post,
            admit=lambda plan: check_binding(settings.host, plan.tokens, plan.people, insecure=settings.insecure),
            measures=self._metrics,
            clock=self._clock,
            refuse_failing=settings.failing_tests == "refuse",
        )

    async def serve(self, beside: Beside | None = None) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        if self._reloader:
            loop.add_signal_handler(signal.SIGHUP, self._reloader.ask)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._store.close)
            await stack.enter_async_context(self._post)
            self._post.follow(found := self._current.plan().channels, self._post.prepare(found))
            http = Server(create_app(routes=self._routes(), guard=self._guard()), drain=HTTP_ENDS_WITHIN)
            port = await http.start(self._settings.host, self._settings.port)
            stack.push_async_callback(http.stop)
            url = f"http://{self._settings.host}:{port}"
            log.info("listening", extra={"url": url, "version": __version__, "holder": self._process})
            work = asyncio.create_task(self._work())
            others = [
                asyncio.create_task(self._stop.wait()),
                asyncio.create_task(follow_time(self._store, self._clock)),
            ]
            if self._server:
                others.append(asyncio.create_task(self._server.fails()))
            if self._reloader:
                others.append(asyncio.create_task(self._reloader.run()))
            if beside:
                others.append(asyncio.create_task(beside(port)))
            done, _ = await asyncio.wait([work, *others], return_when=asyncio.FIRST_COMPLETED)
            log.info("stopping")
            await http.stop()
            await self._drain(work, others)
            for task in done:
                task.result()
        log.info("stopped")

    async def _work(self) -> None:
        """Wait for the store, then run the loops until they are drained."""
        known = await first_contact(self._store, self._clock, fetch=self._links.key)
        plan = self._current.plan()
        log.info("ready", extra={"plan": plan.hash, "rules": len(plan.rules), "channels": len(plan.channels)})
        async with asyncio.TaskGroup() as group:
            group.create_task(self._incidents.run())
            group.create_task(self._post.run(known))
            group.create_task(self._watch.run(self._post.session))
            group.create_task(self._retention.run())

    async def _drain(self, work: asyncio.Task[None], others: Sequence[asyncio.Task[object]]) -> None:
        """Let the loops finish what is at hand; what takes longer is cut off, and its lease given back."""
        self._incidents.drain()
        self._post.drain()
        self._watch.drain()
        self._retention.drain()
        await asyncio.wait([work], timeout=LOOPS_END_WITHIN)
        pending: set[asyncio.Task[object]] = {work, *others}
        while pending:  # more than once: a cancellation that meets the end of a `wait_for` of the client gets lost
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=LOOK_AGAIN)

    def _external_url(self) -> str:
        return self._settings.external_url or self._current.plan().external_url

    def _guard(self) -> Guard:
        loopback = is_loopback(self._settings.host)
        return Guard(policy=self._policy(), measures=self._metrics, loopback=loopback, bodies=self._bodies)

    def _policy(self) -> Policy:
        plan = self._current.plan
        return Policy(sources=lambda: plan().sources, tokens=lambda: plan().tokens, people=lambda: plan().people)

    def _routes(self) -> list[GuardedRoute]:
        store, clock, metrics, bodies = self._store, self._clock, self._metrics, self._bodies
        rejected = RejectedPayloads(store)
        intake = IntakeRoutes(
            intake=self._pipeline,
            decoders=ADAPTERS,
            policy=self._policy(),
            ring=rejected,
            measures=metrics,
            bodies=bodies,
            clock=clock,
        )
        plan = self._current.plan
        acts = Acts(store=store, clock=clock, loop=self._incidents, plan=plan, process=self._process)
        declare = Declarations(current=self._current, clock=clock, acts=acts).take
        return [
            *intake.routes(),
            *RejectedRoutes(kept=rejected, intake=intake).routes(),
            *HealthRoutes(not_ready=store.troubles).routes(),
            *View(store=store, clock=clock, plan=plan).routes(),
            *LetterRoutes(
                store=store, clock=clock, plan=plan, token=caller, wake=self._post.wake, meter=metrics
            ).routes(),
            *ChannelRoutes(store=store, plan=plan, trials=self._post.trials).routes(),
            *ActionRoutes(act=acts.act, declare=declare, token=caller, plan=plan, clock=clock).routes(),
            *AnswerPage(store=store, clock=clock, plan=plan, links=self._links, act=acts.act, allowed=allowed).routes(),
            *CallbackRoutes(
                store=store, clock=clock, plan=plan, act=acts.act, reply=self._post.reply, meter=metrics
            ).routes(),
            *ExplainRoute(current=self._current, clock=clock).routes(),
            *ReportRoute(store=store, current=self._current, clock=clock).routes(),
            *(ReloadRoutes(reload=self._reloader.reload).routes() if self._reloader else ()),
            *ScrapeRoutes(store=store, metrics=metrics, clock=clock).routes(),
        ]
