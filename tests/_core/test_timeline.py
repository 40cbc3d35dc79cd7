"""The chain of a timeline: whatever is done to it is found, wherever it is kept."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin._core.timeline import Break, Head, TimelineEntry, chained, entry_item, first_break

INCIDENT = "INC-261205-7K2M9P"
NOTHING = Head(entries=0, hash="")
DOCS = Path(__file__).parents[2] / "docs" / "incidents.md"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
entries = st.builds(
    TimelineEntry,
    at=st.integers(0, 4_000_000_000_000),
    actor=st.sampled_from(["zhang.wei", "system:rule@0123456789ab", "张伟"]),
    action=st.sampled_from(["opened", "told", "acknowledged"]),
    via=st.sampled_from(["", "api", "link"]),
    verified=st.sampled_from([None, True, False]),
    before=st.dictionaries(texts, values, max_size=2),
    after=st.dictionaries(texts, values, max_size=2),
    detail=st.dictionaries(texts, values, max_size=3),
)


def shown(*made: TimelineEntry) -> tuple[list[dict[str, Any]], Head]:
    """A chain as a reader of the API has it, after it was stored and read, and its head."""
    stored = [msgspec.msgpack.encode(entry) for entry in chained(INCIDENT, NOTHING, made)]
    read = [msgspec.msgpack.decode(data, type=TimelineEntry) for data in stored]
    items = [json.loads(msgspec.json.encode(entry_item(entry))) for entry in read]
    return items, Head(entries=len(items), hash=items[-1]["hash"] if items else "")


def entry(number: int) -> TimelineEntry:
    """Some entry."""
    return TimelineEntry(at=number, actor="zhang.wei", action="noted", detail={"text": f"word {number}"})


def test_nobody_is_refused() -> None:
    """An entry without an actor, or without an action, cannot be made, nor read."""
    for actor, action in (("", "closed"), (" ", "closed"), ("zhang.wei", "")):
        with pytest.raises(ValueError, match="an entry needs an"):
            TimelineEntry(at=0, actor=actor, action=action)
    with pytest.raises(msgspec.ValidationError, match="nobody is named who did closed"):
        msgspec.msgpack.decode(msgspec.msgpack.encode({"at": 0, "actor": "", "action": "closed"}), type=TimelineEntry)


def test_entries_follow_each_other() -> None:
    """The first is bound to the incident, each to the one before, over several steps of writing."""
    first = chained(INCIDENT, NOTHING, [entry(1), entry(2)])
    head = Head(entries=2, hash=first[-1].hash)
    items = [entry_item(each) for each in (*first, *chained(INCIDENT, head, [entry(3)]))]
    assert [item["seq"] for item in items] == [1, 2, 3]
    assert items[0]["prev"] == hashlib.sha256(INCIDENT.encode()).hexdigest()
    assert [item["prev"] for item in items[1:]] == [item["hash"] for item in items[:2]]
    assert first_break(INCIDENT, items, Head(entries=3, hash=items[-1]["hash"])) is None
    assert first_break(INCIDENT, [], NOTHING) is None


@given(st.lists(entries, max_size=6))
def test_what_was_stored_verifies(made: list[TimelineEntry]) -> None:
    """Whatever an entry says, its hash fits what a reader gets back, numbers and all."""
    items, head = shown(*made)
    assert first_break(INCIDENT, items, head) is None


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_a_changed_bit_is_found(made: list[TimelineEntry], data: st.DataObject) -> None:
    """One bit of one entry flipped: it is no JSON any more, or says the same, or is found, at its place or the next."""
    items, head = shown(*made)
    place = data.draw(st.integers(0, len(items) - 1))
    text = bytearray(json.dumps(items[place], ensure_ascii=False).encode())
    at = data.draw(st.integers(0, 8 * len(text) - 1))
    text[at // 8] ^= 1 << at % 8
    try:
        changed = json.loads(text)
    except ValueError:
        return
    assume(isinstance(changed, dict) and json.dumps(changed) != json.dumps(items[place]))
    found = first_break(INCIDENT, [*items[:place], changed, *items[place + 1 :]], head)
    assert found is not None
    assert found.seq == place + 1


@given(st.lists(entries, min_size=2, max_size=6), st.data())
def test_what_is_missing_or_moved_is_found(made: list[TimelineEntry], data: st.DataObject) -> None:
    """An entry removed, written twice or swapped with another, a beginning or an end cut off."""
    items, head = shown(*made)
    first = data.draw(st.integers(0, len(items) - 2))
    second = data.draw(st.integers(first + 1, len(items) - 1))
    swapped = list(items)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    twice = [*items[: second + 1], *items[second:]]
    for broken, place in (
        ([*items[:first], *items[first + 1 :]], first),
        (swapped, first),
        (twice, second + 1),
        (items[second:], 0),
        (items[:second], second),
    ):
        found = first_break(INCIDENT, broken, head)
        assert found is not None
        assert found.seq == place + 1


def test_the_break_is_named() -> None:
    """Each kind of break says what it is; an entry that was written anew with its hash betrays itself by the next."""
    items, head = shown(*(entry(number) for number in range(1, 4)))
    anew = {**items[1], "actor": "wang"}
    anew["hash"] = hash_by_hand(anew)
    last = {**items[2], "actor": "wang"}
    last["hash"] = hash_by_hand(last)
    for broken, seq, problem in (
        ([items[0], anew, items[2]], 3, "no continuation of entry 2: one of them was written anew"),
        ([*items[:2], last], 3, "not the last that was written: the incident names another hash"),
        ([items[0], {**items[1], "at": "2026"}, items[2]], 2, "not what it was when it was written"),
        ([items[0], items[2]], 2, "missing, or not in its place: there is entry 3 instead"),
        (items[:2], 3, "missing: 3 were written, and there are 2"),
        ([*items, {}], 4, "missing, or not in its place: there is one without a number instead"),
    ):
        found = first_break(INCIDENT, broken, head)
        assert found is not None
        assert (found.seq, found.problem[: len(problem)]) == (seq, problem)
    assert first_break("INC-261205-000000", items, head) == Break(
        seq=1, problem="no continuation of the beginning of INC-261205-000000: one of them was written anew"
    )
    assert first_break(INCIDENT, items, Head(entries=2, hash=items[1]["hash"])) == Break(
        seq=3, problem="one too many: 2 were written"
    )


def hash_by_hand(item: dict[str, Any]) -> str:
    """The documented form, once more."""
    text = json.dumps(
        {k: v for k, v in item.items() if k != "hash"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_documented_script_verifies_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the documents print for those who trust no tool of ours works, on a sound export and on a broken one."""
    (script,) = re.findall(r"```python\n(import hashlib.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    items, head = shown(*(entry(number) for number in range(1, 4)))
    items[1]["detail"]["text"] = "Wörter, 文字\n\x7f"
    items[1]["hash"] = items[2]["prev"] = hash_by_hand(items[1])
    items[2]["hash"] = head_hash = hash_by_hand(items[2])
    header = {"incident": {"id": INCIDENT, "chain": {"entries": head.entries, "hash": head_hash}}}
    export = tmp_path / "export.jsonl"

    def run(*lines: dict[str, Any]) -> str:
        export.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        exec(compile(script.replace("INC.jsonl", str(export)), "script", "exec"), {})
        return capsys.readouterr().out

    whole = [{"entry": item} for item in items]
    assert run(header, *whole) == "unbroken\n"
    assert run(header, *whole[:2]) == "BROKEN\n"
    assert run(header, whole[0], {"entry": {**items[1], "actor": "wang"}}, whole[2]) == "BROKEN\n"
