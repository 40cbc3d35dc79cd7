"""Mistakes in a mapping: each is told with the character in the expression that is meant, and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.test_json_schema import complaints, loads, read
from tests._plan.written import plan_of, problems_of, told, write

from tocsin.plan import check

BEGIN = "sources: {x: {type: mapping, "
AT = len(BEGIN) + 1
MISTAKES: list[tuple[str, int, str]] = [
    ("alerts: 'a..b', labels: l", AT + 11, "not JMESPath: `.` does not fit here"),
    ("alerts: a.b(, labels: l", AT + 11, "not JMESPath: it breaks off at its end"),
    ("alerts: '$.a', labels: l", AT + 9, "the whole payload is `root()`"),
    ("alerts: '', labels: l", AT + 8, "not JMESPath: it is empty"),
    ("alerts: 'frist(a)', labels: l", AT + 9, "there is no function `frist()`"),
    ("alerts: 'a || length(a, b)', labels: l", AT + 14, "length() takes 1 argument(s), not 2"),
    ("alerts: 'not_null()', labels: l", AT + 9, "takes at least 1 argument(s), not 0"),
    ("alerts: 'a == `b`', labels: l", AT + 14, "write a text between single quotes"),
    ("alerts: " + "a." * 600 + "a, labels: l", AT + 8, "at most 1000 characters; this one has 1201"),
    ("alerts: '" + "[" * 900 + "', labels: l", AT + 9, "nested too deeply"),
    ("alerts: 5, labels: l", AT + 8, "must be a JMESPath expression"),
    ("alerts: a", 11, "`labels` is missing"),
    ("labels: {}", AT + 8, "must name at least one"),
    ("labels: 'a b'", AT + 11, "`b` does not fit here"),
    ("labels: {team: 'a b'}", AT + 18, "`b` does not fit here"),
    ("labels: {team: }", AT + 15, "must be a JMESPath expression"),
    ("labels: l, identity: []", AT + 21, "must name at least one"),
    ("labels: l, identity: [a, 'b c']", AT + 28, "`c` does not fit here"),
    ("labels: l, identity: 'b c'", AT + 24, "`c` does not fit here"),
    ("labels: l, status: {path: s}", AT + 11, "list values under `firing`, `resolved` or both"),
    ("labels: l, status: {path: s, firing: [a], resolved: [b, a]}", AT + 56, "`a` stands under `firing` too"),
    ("labels: l, status: {path: s, firing: [{}]}", AT + 38, "as it stands in the payload"),
    ("labels: l, status: {firing: [a]}", AT + 11, "`path` is missing"),
    ("labels: l, status: {path: s, firing: [a], default: off}", AT + 51, "is not one of firing, resolved, ends_at"),
    ("labels: l, lables: l", AT + 11, "did you mean `labels`?"),
    ("labels: l, status: {pth: s, firing: [a], path: s}", AT + 20, "did you mean `path`?"),
    ("labels: l, timezone: Nowhere", AT + 21, "must be a time zone"),
]

BEYOND_A_SCHEMA = ("JMESPath:", "no function", "argument(s)", "between backticks", "nested too deeply", "time zone")
"""Words of problems that no schema can see."""


@pytest.mark.parametrize(("entry", "column", "message"), MISTAKES, ids=[entry[:40] for entry, _, _ in MISTAKES])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, entry: str, column: int, message: str) -> None:
    """One problem, at the column of what is wrong."""
    (problem,) = told(problems_of(tmp_path, f"{BEGIN}{entry}}}}}"))
    assert (problem[0], problem[1]) == (1, column)
    assert message in problem[2]


def test_every_mistake_of_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    """Not the first one alone."""
    entry = "alerts: 'a b', labels: {x: 'c d', y: ok, z: '$'}, starts_at: 'e f'"
    assert len(problems_of(tmp_path, f"{BEGIN}{entry}}}}}")) == 4


def test_a_key_of_a_mapping_is_unknown_to_other_types(tmp_path: Path) -> None:
    """And the message lists those that the type has."""
    (problem,) = problems_of(tmp_path, "sources: {x: {type: prometheus, alerts: a}}")
    assert problem.message.startswith("unknown key `alerts`")
    (problem,) = problems_of(tmp_path, "sources: {x: {type: maping}}")
    assert "did you mean `mapping`?" in problem.message


@pytest.mark.parametrize(
    ("entry", "warned"),
    [
        ("labels: l", True),
        ("labels: l, status: {path: s, firing: [a]}", True),
        ("labels: l, status: {path: s, firing: [a], default: firing}", True),
        ("labels: l, status: {path: s, firing: [a], default: resolved}", False),
        ("labels: l, status: {path: s, resolved: [a]}", False),
        ("labels: l, ends_at: e", False),
        ("labels: l, expires: 1h", False),
        ("labels: l, expires: never", False),
    ],
)
def test_alerts_that_never_end_are_warned_of(tmp_path: Path, entry: str, warned: bool) -> None:
    """Unless it is said that they are meant to."""
    problems, plan = check(write(tmp_path, f"{BEGIN}{entry}}}}}"), {})
    assert plan is not None
    assert [problem.warning for problem in problems if "nothing says when its alerts end" in problem.message] == (
        [True] if warned else []
    )


def test_a_token_may_be_bound_to_a_mapping(tmp_path: Path) -> None:
    """As to any source; and the expressions of one plan are its own."""
    text = BEGIN + "labels: l}}\ntokens: {t: {may: [ingest], source: x, token: {env: T}}}"
    plan = plan_of(tmp_path, text, T="secret")
    assert plan.tokens["t"].source == "x"
    assert plan.sources["x"].mapping is not None


@pytest.mark.parametrize("entry", [entry for entry, _, _ in MISTAKES], ids=lambda entry: entry[:40])
def test_the_schema_refuses_what_it_can_see(entry: str) -> None:
    """Everything but what makes a text an expression, and what the checks of a whole plan say."""
    document = read(f"{BEGIN}{entry}}}}}")
    wrong = loads(document)
    if not any(words in wrong for words in BEYOND_A_SCHEMA):
        assert bool(complaints(document)) == bool(wrong), wrong


@pytest.mark.parametrize("labels", ["l", "{a: b, c: 'd[0]'}"])
@pytest.mark.parametrize("identity", ["i", "[i, j]"])
def test_the_schema_takes_one_or_several(labels: str, identity: str) -> None:
    """Both ways to write labels and identity, and values of every kind."""
    entry = f"labels: {labels}, identity: {identity}, status: {{path: s, firing: [a, 1, 2.5, true]}}"
    document = read(f"{BEGIN}{entry}}}}}")
    assert (loads(document), complaints(document)) == ("", [])
