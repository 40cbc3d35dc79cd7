"""``tocsin incidents``' verbs: one for each action there is, and ``declare``.

Options are made of the fields that the API reads (``options``). A verb takes several incidents: each is acted upon by
itself and answered on its own line, and the exit code is 1 if one was refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click
import msgspec

from tocsin._core.action import ACTS, Act
from tocsin._core.clean import one_line
from tocsin._core.declaration import Declaration
from tocsin._core.errors import NotFound, TocsinError
from tocsin._core.ids import normal_incident_id
from tocsin.client.acted import acted, next_steps
from tocsin.client.commands import asks_service, print_json, print_lines
from tocsin.client.http import Client, Refused, problem_text, segment
from tocsin.client.options import body_of, flags_of, options_of

_PATH = "/api/v1/incidents"


def verbs() -> Iterator[click.Command]:
    """A command for each action, and ``declare``."""
    for action, struct in ACTS.items():
        yield _verb(action, struct)
    yield _declare()


def _verb(action: str, struct: type[Act]) -> click.Command:
    @click.argument("incident", nargs=-1, required=True)
    @_says_who
    @click.option(
        "--if-revision", type=click.IntRange(0), metavar="N", help="Only if the incident is still at this revision."
    )
    @asks_service
    def act(*, client: Client, as_json: bool, incident: tuple[str, ...], **given: Any) -> None:
        if given["if_revision"] is not None and len(incident) > 1:
            raise click.UsageError("--if-revision is the revision of one incident; name only that one")
        body = {"action": action, **body_of(struct, given), **_who(given, "by", "group", "if_revision")}
        names = tuple(dict.fromkeys(normal_incident_id(name) for name in incident))
        _act(client, names, body, flags_of(struct), as_json=as_json)

    return _command(action.replace("_", "-"), struct, act)


def _declare() -> click.Command:
    @_says_who
    @asks_service
    def declare(*, client: Client, as_json: bool, **given: Any) -> None:
        body = {**body_of(Declaration, given), **_who(given, "by", "group")}
        try:
            answer = client.post(_PATH, body)
        except Refused as error:
            raise TocsinError(_refusal(error, body, flags_of(Declaration))) from None
        if as_json:
            print_json(answer)
            return
        whole = client.get(f"{_PATH}/{segment(str(answer.get('id')))}")
        print_lines(next_steps(whole))

    return _command("declare", Declaration, declare, "Declare an incident that no alert told of.")


def _says_who(command: Callable[..., None]) -> Callable[..., None]:
    """Options ``--as`` and ``--group``."""
    command = click.option("--group", help="The group that you act for; where the plan has people, theirs says it.")(
        command
    )
    return click.option(
        "--as", "by", envvar="TOCSIN_AS", metavar="PERSON", help="Who you are, where no token says it; or TOCSIN_AS."
    )(command)


def _command(
    name: str, struct: type[msgspec.Struct], does: Callable[..., None], text: str | None = None
) -> click.Command:
    flags = flags_of(struct)
    said = text or re.sub(r"``(\w+)``", lambda found: flags.get(found[1], found[1]), struct.__doc__ or "")
    command = click.command(name, help=said)(does)
    at = sum(isinstance(parameter, click.Argument) for parameter in command.params)
    command.params[at:at] = options_of(struct, name)
    return command


def _who(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given[name] is not None}


def _act(
    client: Client, incidents: tuple[str, ...], body: Mapping[str, Any], flags: Mapping[str, str], *, as_json: bool
) -> None:
    """Act upon each; what refuses one does not keep the others from it, unless nothing answers at all."""
    refused = 0
    for name in incidents:
        try:
            answer = client.post(f"{_PATH}/{segment(name)}/actions", body)
        except (Refused, NotFound) as error:
            text = _refusal(error, body, flags) if isinstance(error, Refused) else str(error)
            if len(incidents) == 1:
                raise TocsinError(text) from None
            click.echo(f"{one_line(name)}: {text}", err=True)
            refused += 1
            continue
        if as_json:
            print_json(answer)
        else:
            click.echo(acted(body, answer))
    if refused:
        click.echo(f"{refused} of {len(incidents)} refused", err=True)
        raise click.exceptions.Exit(1)


def _refusal(error: Refused, body: Mapping[str, Any], flags: Mapping[str, str]) -> str:
    """Why not, in the words of the command line; and who asked, where somebody else may."""
    said = error.problem.get("detail")
    problem = {**error.problem, "detail": _spoken(str(said), flags)} if said else error.problem
    if error.status == 403:
        by, group = (one_line(str(body.get(name) or "")) for name in ("by", "group"))
        who = f"you asked as {by or 'the token says'}{f' for {group}' if group else ''}"
        return f"{problem_text(problem) or 'not allowed'}\n  {who}; --as, --group and --token say who you are"
    return problem_text(problem, flags) or str(error)


def _spoken(text: str, flags: Mapping[str, str]) -> str:
    """The text with the API's names as they are typed, where the two differ and no word looks like them."""
    typed = {**{name: name.replace("_", "-") for name in ACTS}, **flags}
    return re.sub(r"\b[a-z]+_[a-z_]+\b", lambda found: typed.get(found[0], found[0]), text)
