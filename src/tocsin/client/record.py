"""``tocsin incidents verify`` and ``tocsin incidents export``: the record of an incident, proved and taken away.

The chain is verified here, from what the service answered or an export holds, so that the service need not be believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from tocsin._core.clean import escaped_json, lines
from tocsin._core.errors import TocsinError
from tocsin._core.ids import normal_incident_id
from tocsin._core.timeline import Break, Head, first_break, number_left_out
from tocsin.client.commands import asks_service, print_json, reaches_service
from tocsin.client.http import Client, segment
from tocsin.client.show import word

_PATH = "/api/v1/incidents"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A timeline as it was handed out: whose it is, its entries, and where it should end."""

    incident: str
    entries: Sequence[Mapping[str, Any]]
    head: Head

    @property
    def fault(self) -> Break | None:
        """Where it is broken first."""
        return first_break(self.incident, self.entries, self.head)


@click.command("verify")
@click.argument("incident", required=False)
@click.option(
    "--file",
    "export",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An export: verify it, without a service; with INCIDENT, that the timeline still begins as it does.",
)
@asks_service
def verify(*, client: Client, as_json: bool, incident: str | None, export: Path | None) -> None:
    """Prove that an incident's timeline is as it was written, or name the first entry that is not."""
    kept = read_export(export) if export else None
    now = _asked(client, incident) if incident else None
    record = now or kept
    if record is None:
        raise click.UsageError("name an incident, or an export with --file")
    fault = (kept.fault if kept else None) or (now.fault if now else None) or _difference(kept, now)
    if as_json:
        found = {"seq": fault.seq, "problem": fault.problem} if fault else None
        print_json(
            {"incident": record.incident, "unbroken": not fault, "chain": _head_item(record.head), "break": found}
        )
        if fault:
            raise click.exceptions.Exit(1)
        return
    if fault:
        raise TocsinError(broken(record.incident, fault))
    goes_on = f", of which the first {kept.head.entries} are the export's" if kept and now else ""
    gone = sum(map(number_left_out, record.entries))
    cut = f", {gone} of which were left out long after the close" if gone else ""
    click.echo(f"{record.incident}: {record.head.entries} entries{goes_on}{cut}, unbroken, head {record.head.hash}")


@click.command("export")
@click.argument("incident")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "report"]),
    default="jsonl",
    show_default=True,
    help="All there is, as JSON Lines, or a report to be read, as Markdown.",
)
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of the report (default: the plan's).")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write (default: standard output)."
)
@reaches_service
def export(*, client: Client, incident: str, form: str, language: str | None, output: Path | None) -> None:
    """Take an incident's record away: its facts, its timeline, who was told, and how that went."""
    wanted = normal_incident_id(incident)
    path = f"{_PATH}/{segment(wanted)}"
    if form == "report":
        query = {"language": language} if language else {}
        report = client.text(f"{path}/report", query, "text/markdown")
        _write("\n".join(lines(report)), output)
        return
    whole = client.get(path)
    _write("".join(f"{escaped_json(line)}\n" for line in export_lines(whole)), output)
    fault = _record(wanted, whole, whole.get("timeline")).fault
    if fault:
        raise TocsinError(f"exported, but {broken(wanted, fault)}")


def export_lines(whole: Mapping[str, Any]) -> Iterator[str]:
    """An incident as the API shows it, as lines of JSON: itself, its entries, its deliveries."""
    parts: dict[str, str] = {"timeline": "entry", "deliveries": "delivery"}
    rows = [{"incident": {name: value for name, value in whole.items() if name not in parts}}]
    rows += [{kind: item} for name, kind in parts.items() for item in whole.get(name) or ()]
    return (json.dumps(row, ensure_ascii=False) for row in rows)


def read_export(path: Path) -> Record:
    """The timeline in an export. Raises ``TocsinError`` with file and line for what is none."""
    header: Mapping[str, Any] | None = None
    entries: list[Mapping[str, Any]] = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                kind, value = _row(f"{path}:{number}", line)
                if (kind == "incident") is (number > 1):
                    raise TocsinError(f"{path}:{number}: the first line, and no other, is the incident's own")
                header = value if kind == "incident" else header
                entries += [value] if kind == "entry" else ()
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"{path} cannot be read: {error}") from None
    if header is None:
        raise TocsinError(f"{path} is empty; an export begins with its incident")
    return _record(str(header.get("id")), header, entries)


def broken(incident: str, fault: Break) -> str:
    """A break in words."""
    return f"the timeline of {word(incident)} is broken: entry {fault.seq} is {word(fault.problem)}"


def _row(place: str, line: str) -> tuple[str, Mapping[str, Any]]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise TocsinError(f"{place}: this line is no JSON, so it is none of an export, or not whole") from None
    kinds = [kind for kind in ("incident", "entry", "delivery") if isinstance(row, dict) and kind in row]
    if len(kinds) != 1 or not isinstance(row[kinds[0]], dict):
        raise TocsinError(f"{place}: this is no line of an export, which is an incident, an entry or a delivery")
    return kinds[0], row[kinds[0]]


def _asked(client: Client, incident: str) -> Record:
    wanted = normal_incident_id(incident)
    whole = client.get(f"{_PATH}/{segment(wanted)}")
    return _record(wanted, whole, whole.get("timeline"))


def _record(incident: str, header: Mapping[str, Any], entries: Any) -> Record:
    """What an incident says of its timeline. Raises ``TocsinError`` where it says nothing of the kind."""
    try:
        head = msgspec.convert(header.get("chain"), Head)
        items = msgspec.convert(entries, list[dict[str, Any]])
    except msgspec.ValidationError:
        raise TocsinError(f"{word(incident)} has no timeline that could be verified; is that of a Tocsin?") from None
    return Record(incident=incident, entries=items, head=head)


def _difference(kept: Record | None, now: Record | None) -> Break | None:
    """Where the timeline of today does not begin as an export of it does."""
    if kept is None or now is None:
        return None
    if kept.incident != now.incident:
        raise TocsinError(f"the export is of {word(kept.incident)}, not of {now.incident}")
    there = {entry["seq"]: entry["hash"] for entry in now.entries}
    for entry in kept.entries:
        seq = entry["seq"]
        if seq > now.head.entries:
            return Break(seq=seq, problem="in the export, and no more in the service")
        if there.get(seq, entry["hash"]) != entry["hash"]:  # those that were left out are vouched for by what follows
            return Break(seq=seq, problem="another in the service than in the export: the timeline was written anew")
    return None


def _head_item(head: Head) -> dict[str, Any]:
    return {"entries": head.entries, "hash": head.hash}


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TocsinError(f"{output} cannot be written: {error.strerror}") from None
