"""Strict YAML: what is text, what is refused, and that no file costs more than it may."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin._core.problems import Problem
from tocsin._plan.document import MAX_DEPTH, Budget, read_document
from tocsin._plan.source import Mapping, Sources, locate, path_of


def read(text: str, values: int = 10_000) -> tuple[Mapping | None, list[Problem]]:
    """One document by itself."""
    sources = Sources()
    sources.add("a.yaml", text)
    return read_document("a.yaml", text, sources, Budget(values))


def test_only_yaml_1_2_words_are_more_than_text() -> None:
    """The surprises of YAML 1.1 are plain texts; true, false, null and decimal numbers are what they say."""
    text = "a: [no, on, off, yes, 012, 0x1f, 1:30, 1_000, 2027-03-31, 1e3, .5, y, '5', \"true\", !!str 7, =, <<]"
    root, problems = read(text)
    assert root is not None and not problems
    assert all(isinstance(value, str) for value in root["a"])  # type: ignore[attr-defined]
    root, _ = read("a: [true, False, null, ~, 5, -7, 1.5, ]")
    assert root is not None and root["a"] == [True, False, None, None, 5, -7, 1.5]


def test_keys_are_text() -> None:
    """A key is the text that stands there, whatever it looks like."""
    root, _ = read("{on: a, 5: b, null: c, '': d}")
    assert root is not None and list(root) == ["on", "5", "null", ""]


def test_a_key_given_twice_is_refused_with_both_places() -> None:
    """At every depth, and the first one stays, so that the rest can be checked."""
    root, problems = read("x:\n  y: 1\n  z: 2\n  y: 3\n")
    assert root == {"x": {"y": 1, "z": 2}}
    assert [str(problem) for problem in problems] == [
        "a.yaml:4:3: the key `y` is given twice; the first is at a.yaml:2:3\n      y: 3\n      ^"
    ]
    assert problems[0].path == "x.y"


def test_everything_knows_where_it_stands() -> None:
    """Places are counted in characters, in block and flow style, after wide characters too."""
    root, _ = read("a:\n  支付: [x, {b: 'yy'}]\n")
    assert root is not None
    mark = locate(root, ("a", "支付", 1, "b"))
    assert (mark.line, mark.column, mark.width) == (2, 15, 4)
    assert path_of(root, ("a", "支付", 1, "b")) == "a.支付[1].b"
    assert locate(root, ("a", "支付"), key=True)[1:] == (2, 3, 2)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1\nb: 2", 2, "not YAML"),
        ("a:\n\t- b", 2, "indent with spaces"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("- a", 1, "a rule file is a mapping"),
        ("just text", 1, "a rule file is a mapping"),
        ("a: !!python/object/apply:os.system [x]", 1, "tags are not taken"),
        ("a: !secret x", 1, "tags are not taken"),
        ("a: *nowhere", 1, "no anchor &nowhere"),
        ("a: &x [*x]", 1, "no anchor &x"),
        ("? [a]\n: b", 1, "a key must be"),
        ("a: b\x07c", 1, "control character (U+0007)"),
        ('a: "\\ud800"', 1, "not YAML"),
    ],
)
def test_what_cannot_be_read_says_so_where(text: str, line: int, said: str) -> None:
    """A file that is no sound YAML is one problem with its line, never a traceback."""
    root, problems = read(text)
    assert root is None
    assert len(problems) == 1
    assert (problems[0].line, said in problems[0].message) == (line, True), problems


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_fine(text: str) -> None:
    """A file with nothing in it says nothing, and nothing is wrong with that."""
    assert read(text) == (None, [])


def test_aliases_share_but_are_bounded() -> None:
    """An alias means what it names; a bomb of aliases is stopped by the number of values it stands for."""
    root, _ = read("a: &x {k: v}\nb: *x")
    assert root == {"a": {"k": "v"}, "b": {"k": "v"}}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
    )
    root, problems = read(bomb)
    assert root is None and "more than" in problems[0].message


def test_depth_and_number_are_bounded() -> None:
    """Deep nesting and endless lists stop at a limit, before they cost memory."""
    root, problems = read("a: " + "[" * 200_000)
    assert root is None and f"deeper than {MAX_DEPTH}" in problems[0].message
    root, problems = read("a: [" + "x, " * 20_000 + "]")
    assert root is None and "more than" in problems[0].message


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text breaks the reader: what is broken is one problem within the text, and what is sound has none."""
    root, problems = read(text)
    assert root is None or not problems
    lines = 1 + sum(text.count(each) for each in "\n\r\x85\u2028\u2029")  # what ends a line in YAML
    assert all(0 <= problem.line <= lines + 1 for problem in problems)


def test_secrets_written_into_a_file_are_not_shown() -> None:
    """The line that a problem shows has stars where a secret stands, even one over several lines."""
    sources = Sources()
    text = 'a: {secret: "hunter2", b: 1}\ntoken: |\n  hunter2\n  hunter3\nc: 1\n'
    sources.add("a.yaml", text)
    read_document("a.yaml", text, sources, Budget())
    shown = [sources.line("a.yaml", number) for number in range(1, 6)]
    assert "hunter" not in "".join(shown)
    assert shown[0] == "a: {secret: *********, b: 1}"
    assert shown[4] == "c: 1"
