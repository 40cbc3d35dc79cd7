"""Who may come in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web
from tests.accept.running import ALERT, GROUP, Running, bearer, running, token

from tocsin._core.errors import ConfigurationError
from tocsin._core.model import Text
from tocsin._core.people import Person
from tocsin._core.plan import Token
from tocsin._core.secret import Secret
from tocsin.accept.access import caller_of, check_binding, is_loopback, is_loopback_host
from tocsin.accept.body import Bodies
from tocsin.accept.guard import MAX_FORM, Guard
from tocsin.accept.ports import Policy
from tocsin.accept.server import Server, create_app

ALL = token("all", "ingest", "read", "act")
INGEST = token("in", "ingest")
READ = token("grafana", "read")
BOUND = token("bj", "ingest", source="prom-bj")


async def statuses(run: Running, headers: dict[str, str]) -> list[int]:
    """Ingest, read, act, an unknown path, and health, with these headers."""
    found = []
    for method, path in (
        ("POST", "/api/v2/alerts"),
        ("GET", "/api/v1/things"),
        ("POST", "/api/v1/things/1/retry"),
        ("GET", "/nothing"),
        ("GET", "/-/healthy"),
    ):
        json: list[str] | None = [] if method == "POST" else None
        async with run.client.request(method, path, json=json, headers=headers) as answer:
            found.append(answer.status)
    return found


async def test_loopback_needs_no_login_until_a_token_exists() -> None:
    """Without tokens all is open; with the first one, all but health is closed, at once."""
    async with running() as run:
        assert await statuses(run, {}) == [200, 200, 200, 404, 200]
        run.tokens["all"] = ALL
        assert await statuses(run, {}) == [401, 401, 401, 401, 200]
        assert await statuses(run, bearer("all")) == [200, 200, 200, 404, 200]


async def test_a_token_may_do_what_it_says() -> None:
    """Rights do not include one another: 403 for what is known and not allowed."""
    async with running(tokens=[ALL, INGEST, READ]) as run:
        assert await statuses(run, bearer("in")) == [200, 403, 403, 404, 200]
        assert await statuses(run, bearer("grafana")) == [403, 200, 403, 404, 200]
        _, problem = await run.post("/api/v2/alerts", json=[], headers=bearer("grafana"))
        assert problem["detail"] == "the token grafana may do: read; this needs: ingest"


async def test_a_persons_token_reads_and_acts() -> None:
    """It posts no alerts; with it alone all but health is closed to others, and the caller is the person."""
    person = Person(name="zhang.wei", title=Text("张伟", "张伟"), groups=("technical",), token=Secret("zw-secret"))
    silent = Person(name="li.na", title=Text("李娜", "李娜"), groups=("legal",))
    async with running(people=[silent]) as run:
        assert await statuses(run, {}) == [200, 200, 200, 404, 200]
    async with running(people=[silent, person]) as run:
        assert await statuses(run, {}) == [401, 401, 401, 401, 200]
        assert await statuses(run, bearer("zw")) == [403, 200, 200, 404, 200]
        _, answer = await run.post("/api/v1/things/1/retry", json={}, headers=bearer("zw"))
        assert answer["caller"] == "zhang.wei"
        _, problem = await run.post("/api/v2/alerts", json=[], headers=bearer("zw"))
        assert problem["detail"] == "the token of zhang.wei may do: act, read; this needs: ingest"


async def test_an_unknown_token_is_challenged() -> None:
    """401 names the scheme, tells a wrong token from a missing one, and repeats nothing that was sent."""
    async with running(tokens=[ALL]) as run:
        async with run.client.get("/api/v1/things") as answer:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tocsin"'
        async with run.client.get("/api/v1/things", headers=bearer("wrong")) as answer:
            assert (answer.status, answer.content_type) == (401, "application/problem+json")
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tocsin", error="invalid_token"'
            assert "wrong-secret" not in await answer.text()


async def test_the_body_of_an_unknown_sender_is_not_read() -> None:
    """401 comes before the body has."""
    async with running(tokens=[ALL]) as run:
        lines = ("POST /api/v2/alerts HTTP/1.1", "Host: localhost", "Content-Length: 1000000")
        assert (await run.raw(*lines)).startswith("HTTP/1.1 401 ")


async def test_the_caller_is_told_to_the_route() -> None:
    """Who acts is taken from the token."""
    async with running(tokens=[ALL]) as run:
        _, answer = await run.post("/api/v1/things/1/retry", json={}, headers=bearer("all"))
        assert answer["caller"] == "all"


async def test_a_bound_token_posts_to_its_source_only() -> None:
    """Wherever its source is posted to, and nowhere else."""
    async with running(tokens=[BOUND]) as run:
        for path, payload, status in (
            ("/ingest/prom-bj", [ALERT], 200),
            ("/ingest/prom-bj/api/v2/alerts", [ALERT], 200),
            ("/api/v2/alerts", [ALERT], 403),
            ("/ingest/alertmanager", GROUP, 403),
        ):
            assert (await run.post(path, json=payload, headers=bearer("bj")))[0] == status


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9095", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil", "[::2]", ""]
)
async def test_a_foreign_host_is_refused_on_loopback(host: str) -> None:
    """A web page that rebinds its name to 127.0.0.1 still says its own name; health is no exception."""
    async with running() as run:
        for path in ("/api/v1/things", "/-/healthy"):
            answer = await run.raw(f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close")
            assert answer.startswith("HTTP/1.1 403 ")
    async with running(loopback=False, tokens=[ALL]) as run:
        lines = ("GET /api/v1/things HTTP/1.1", f"Host: {host}", "Connection: close")
        answer = await run.raw(*lines, "Authorization: Bearer all-secret")
        assert answer.startswith("HTTP/1.1 200 ")


async def test_an_origin_may_not_post_on_loopback() -> None:
    """Not even its own: no page is served that posts. Reading is left to the browser's own rules."""
    async with running() as run:
        headers = {"Origin": f"http://127.0.0.1:{run.port}"}
        assert await statuses(run, headers) == [403, 200, 403, 404, 200]


async def test_a_page_behind_a_link_needs_no_login() -> None:
    """Its address is its key: whatever tokens exist, by whatever name it is reached; its bodies are bounded forms."""
    async with running(tokens=[ALL]) as run:
        headers = {"Host": "tocsin.example", "Origin": "https://tocsin.example"}
        async with run.client.get("/r/secret", headers=headers) as answer:
            assert (await answer.json())["token"] == "secret"
        async with run.client.post("/r/secret", headers=headers, data={"by": "li.na"}) as answer:
            assert (await answer.json())["body"] == "by=li.na"
        for body, status in ((b"{}", 415), (b"a=" + b"x" * MAX_FORM, 413)):
            kind = "application/json" if status == 415 else "application/x-www-form-urlencoded"
            async with run.client.post("/r/secret", data=body, headers={"Content-Type": kind}) as answer:
                assert answer.status == status
        lines = ("POST /r/secret HTTP/1.1", "Host: localhost", "Connection: close", "Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (MAX_FORM + 1, b"x" * (MAX_FORM + 1))
        kind = "Content-Type: application/x-www-form-urlencoded"
        assert (await run.raw(*lines, kind, body=body)).startswith("HTTP/1.1 413 ")
        assert run.counted.statuses == [415, 413, 413]


async def test_the_address_of_such_a_page_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A fault behind it is logged under the route, not under the secret."""
    async with running() as run, run.client.get("/r/swordfish") as answer:
        assert answer.status == 500
        assert "swordfish" not in await answer.text()
    (entry,) = [record for record in caplog.records if record.message == "a request failed"]
    assert vars(entry)["path"] == "/r/{token}"


def test_hosts_of_this_machine() -> None:
    """Any of 127.0.0.0/8, localhost in any case, IPv6 in brackets, any port; exactly one header."""
    for host in ("127.0.0.1", "127.9.9.9:1", "localhost", "LocalHost:9095", "[::1]", "[::1]:80", "localhost:"):
        assert is_loopback_host([host]), host
    for host in (
        "::1",
        "[127.0.0.1]",
        "[localhost]",
        "127.0.0.1:x",
        "127.1",
        "0.0.0.0",
        "a@localhost",
        "localhost:1:2",
    ):
        assert not is_loopback_host([host]), host
    assert not is_loopback_host([])
    assert not is_loopback_host(["localhost", "localhost"])


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "all-secret", "Bearer all-secret x"])
def test_what_is_no_bearer_token_is_none(header: str | None) -> None:
    """Other schemes and odd headers know nobody."""
    assert caller_of(header, {"all": ALL}) is None


def test_tokens_are_found_by_value() -> None:
    """Any case of the scheme; any characters; an empty secret is nobody's."""
    odd = Token(name="odd", may=frozenset({"read"}), token=Secret("pä/+=ss"))
    empty = Token(name="empty", may=frozenset({"read"}), token=Secret(""))
    tokens = {"empty": empty, "all": ALL, "odd": odd}
    assert caller_of("bearer all-secret", tokens) is ALL
    assert caller_of("BEARER  pä/+=ss", tokens) is odd
    assert caller_of("Bearer p\udcc3", tokens) is None
    people = {
        name: Person(name=name, title=Text(name, name), groups=("data",), token=token)
        for name, token in (("all", Secret("own")), ("empty", Secret("")), ("none", None))
    }
    found = caller_of("Bearer own", tokens, people)
    assert found is not None and (found.name, found.is_person, found.source) == ("all", True, None)
    assert caller_of("Bearer all-secret", tokens, people) is ALL


def test_listening_to_the_network_needs_a_token() -> None:
    """Without one it is refused, with the ways out; loopback, a token or a clear word make it pass."""
    for host in ("0.0.0.0", "", "::", "10.1.2.3", "tocsin.example"):
        assert not is_loopback(host)
        with pytest.raises(ConfigurationError, match=r"add a token .* 127\.0\.0\.1, or pass --insecure"):
            check_binding(host, {}, insecure=False)
        check_binding(host, {"all": ALL}, insecure=False)
        check_binding(host, {}, insecure=True)
        person = Person(name="a", title=Text("a", "a"), groups=("data",), token=Secret("s"))
        check_binding(host, {}, {"a": person}, insecure=False)
        with pytest.raises(ConfigurationError):
            check_binding(host, {}, {"a": replace(person, token=None)}, insecure=False)
    for host in ("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"):
        check_binding(host, {}, insecure=False)


async def test_ipv6_and_a_port_in_use() -> None:
    """``[::1]`` is listened on; a port that is taken is an error that says what to do."""
    async with running() as run:
        server = Server(_empty_app(run))
        with pytest.raises(ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{run.port}: .*--listen"):
            await server.start("127.0.0.1", run.port)
        server = Server(_empty_app(run))
        port = await server.start("[::1]", 0)
        async with run.client.get(f"http://[::1]:{port}/") as answer:
            assert answer.status == 404
        await server.stop()


def _empty_app(run: Running) -> web.Application:
    policy = Policy(sources=dict, tokens=dict)
    return create_app(routes=[], guard=Guard(policy=policy, measures=run.counted, loopback=True, bodies=Bodies()))
