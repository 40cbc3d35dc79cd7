"""``tocsin incidents verify`` and ``export`` against a service on loopback, and on files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.client.fake import INCIDENT, NOWHERE, PAGE, Fake, serving

from tocsin._core.timeline import Head, TimelineEntry, chained, entry_item
from tocsin.client.record import export, verify

ID = INCIDENT["id"]
PATH = f"GET /api/v1/incidents/{ID}"
ENTRIES = [
    entry_item(entry)
    for entry in chained(
        ID,
        Head(entries=0, hash=""),
        [
            TimelineEntry(
                at=number, actor="system:rule@0a1b2c3d4e5f", action="told", detail={"text": "文\x1b[2J\u2028"}
            )
            for number in range(4)
        ],
    )
]
LAST = ENTRIES[-1]["hash"]


def whole(entries: list[dict[str, Any]], /, **head: Any) -> dict[str, Any]:
    """The incident as the service answers it."""
    chain = {"entries": len(ENTRIES), "hash": LAST, **head}
    return {**PAGE, "timeline": entries, "chain": chain}


@pytest.fixture
def fake() -> Iterator[Fake]:
    """The service, with a sound timeline."""
    with serving() as fake:
        fake.answers[PATH] = (200, whole(ENTRIES))
        yield fake


def run(command: Any, *words: str | Path, url: str = NOWHERE) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(command, [*map(str, words), "--url", url])


def exported(fake: Fake, path: Path) -> Path:
    """The export of what the service has, in a file."""
    assert run(export, ID, "--output", path, url=fake.url).exit_code == 0
    return path


def test_unbroken(fake: Fake) -> None:
    """What it is, and where it ends; for programs as JSON."""
    result = run(verify, ID.lower(), url=fake.url)
    assert (result.exit_code, result.stdout) == (0, f"{ID}: 4 entries, unbroken, head {LAST}\n")
    assert json.loads(run(verify, ID, "--json", url=fake.url).stdout) == {
        "incident": ID,
        "unbroken": True,
        "chain": {"entries": 4, "hash": LAST},
        "break": None,
    }


def test_broken(fake: Fake) -> None:
    """The first entry that does not hold is named, and the command fails."""
    fake.answers[PATH] = (200, whole([*ENTRIES[:2], {**ENTRIES[2], "actor": "wang"}, ENTRIES[3]]))
    result = run(verify, ID, url=fake.url)
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: the timeline of {ID} is broken: entry 3 is not what it was when it was written: its hash does not fit "
        "it\n",
    )
    result = run(verify, ID, "--json", url=fake.url)
    assert (result.exit_code, json.loads(result.stdout)["break"]["seq"]) == (1, 3)
    fake.answers[PATH] = (200, whole(ENTRIES[:2]))
    assert "entry 3 is missing: 4 were written, and there are 2" in run(verify, ID, url=fake.url).stderr


def test_an_export_is_verified_without_a_service(fake: Fake, tmp_path: Path) -> None:
    """A sound one; one whose lines were cut, changed or moved; none at all."""
    path = exported(fake, tmp_path / "inc.jsonl")
    result = run(verify, "--file", path)
    assert (result.exit_code, result.stdout) == (0, f"{ID}: 4 entries, unbroken, head {LAST}\n")

    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert "\x1b" not in "".join(lines)
    assert [next(iter(json.loads(line))) for line in lines] == ["incident", *["entry"] * 4, "delivery"]
    for broken, said in (
        ([*lines[:2], *lines[3:]], "entry 2 is missing, or not in its place"),
        (lines[:4], "entry 4 is missing"),
        ([*lines[:2], lines[2].replace("system:rule", "system:mule"), *lines[3:]], "entry 2 is not what it was"),
        (lines[1:], "inc.jsonl:1: the first line, and no other, is the incident's own"),
        ([*lines, lines[0]], "inc.jsonl:7: the first line"),
        ([*lines, '{"entry": '], "inc.jsonl:7: this line is no JSON"),
        ([*lines, '{"entry": 3}\n'], "inc.jsonl:7: this is no line of an export"),
        (['{"incident": {"id": "x"}}\n'], "x has no timeline that could be verified"),
        ([], "is empty"),
    ):
        path.write_text("".join(broken), encoding="utf-8")
        result = run(verify, "--file", path)
        assert (result.exit_code, said in result.stderr) == (1, True), result.stderr
    path.write_bytes(b"\xff\n")
    assert "cannot be read" in run(verify, "--file", path).stderr


def test_what_was_written_anew_is_found_by_an_older_export(fake: Fake, tmp_path: Path) -> None:
    """A timeline that is sound in itself must still begin as it was exported."""
    fake.answers[PATH] = (200, whole(ENTRIES[:2], entries=2, hash=ENTRIES[1]["hash"]))
    path = exported(fake, tmp_path / "inc.jsonl")
    fake.answers[PATH] = (200, whole(ENTRIES))
    result = run(verify, ID, "--file", path, url=fake.url)
    assert result.stdout == f"{ID}: 4 entries, of which the first 2 are the export's, unbroken, head {LAST}\n"

    made = chained(ID, Head(entries=0, hash=""), [TimelineEntry(at=9, actor="wang", action="told")])
    anew = [entry_item(entry) for entry in made]
    fake.answers[PATH] = (200, whole(anew, entries=1, hash=anew[0]["hash"]))
    assert run(verify, ID, url=fake.url).exit_code == 0
    result = run(verify, ID, "--file", path, url=fake.url)
    assert (result.exit_code, "entry 1 is another in the service than in the export" in result.stderr) == (1, True)
    fake.answers[PATH] = (200, whole([], entries=0, hash=""))
    assert "entry 1 is in the export, and no more" in run(verify, ID, "--file", path, url=fake.url).stderr
    other = "INC-261205-000000"
    fake.answers[f"GET /api/v1/incidents/{other}"] = (200, whole([], entries=0, hash=""))
    assert f"of {ID}, not of {other}" in run(verify, other, "--file", path, url=fake.url).stderr


def test_a_broken_one_is_exported_all_the_same(fake: Fake, tmp_path: Path) -> None:
    """It is evidence too; the command fails, so that nobody overlooks it."""
    fake.answers[PATH] = (200, whole(ENTRIES[1:]))
    result = run(export, ID, url=fake.url)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 5)
    assert f"exported, but the timeline of {ID} is broken: entry 1" in result.stderr


def test_the_report_is_the_services(fake: Fake, tmp_path: Path) -> None:
    """The service writes it; here it is only put where it is wanted, without what could steer a terminal."""
    fake.answers[f"{PATH}/report?language=zh"] = (200, "# 报告\x1b[2J\n".encode())
    result = run(export, ID, "--format", "report", "--language", "zh", url=fake.url)
    assert (result.exit_code, result.stdout) == (0, "# 报告[2J\n")
    assert fake.headers[-1]["Accept"] == "text/markdown"
    result = run(export, ID, "--format", "report", url=fake.url)
    assert (result.exit_code, "nothing at" in result.stderr) == (1, True)


def test_wrong_use(fake: Fake, tmp_path: Path) -> None:
    """Neither an incident nor a file, a file that is not there, a place that cannot be written."""
    assert run(verify).exit_code == 2
    assert run(verify, "--file", tmp_path / "none").exit_code == 2
    result = run(export, ID, "--output", tmp_path / "none" / "x", url=fake.url)
    assert (result.exit_code, "cannot be written: No such file" in result.stderr) == (1, True)


def test_entries_that_were_left_out_since_the_export(fake: Fake, tmp_path: Path) -> None:
    """What was left out of a compacted incident is vouched for by the entry in its place, which has their number."""
    path = exported(fake, tmp_path / "inc.jsonl")
    mark = {**ENTRIES[2], "actor": "system:retention", "action": "left_out", "detail": {"entries": 2}}
    fake.answers[PATH] = (200, whole([ENTRIES[0], {**mark, "prev": ENTRIES[0]["hash"]}, ENTRIES[3]]))
    result = run(verify, ID, "--file", path, url=fake.url)
    assert result.stdout == (
        f"{ID}: 4 entries, of which the first 4 are the export's, 2 of which were left out long after the close, "
        f"unbroken, head {LAST}\n"
    )
    fake.answers[PATH] = (200, whole([ENTRIES[0], mark, ENTRIES[3]]))
    assert "entry 3 is no continuation" in run(verify, ID, url=fake.url).stderr
