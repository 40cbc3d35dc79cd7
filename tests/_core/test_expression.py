"""JMESPath within bounds: whatever the expression and whatever the payload, a value or an ``EvaluationError``."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin._core.expression import MAX_EXPRESSION, Budget, Evaluation, EvaluationError, Expression, ExpressionError

WORDS = [
    "a",
    "b",
    "c",
    "@",
    "*",
    "[0]",
    "[-1]",
    "[]",
    "[*]",
    "[1:]",
    "[::0]",
    "[?a]",
    "[?a>`1`]",
    "[?@==b]",
    ".",
    "|",
    "||",
    "&&",
    "!",
    "==",
    "!=",
    "<",
    ">=",
    "(",
    ")",
    ",",
    ":",
    "{",
    "}",
    "&",
    "`1`",
    "`[1]`",
    "`null`",
    "'x'",
    "root()",
    "length(",
    "to_string(",
    "to_number(",
    "join(",
    "keys(",
    "values(",
    "sort(",
    "sort_by(",
    "max_by(",
    "map(",
    "merge(",
    "sum(",
    "avg(",
    "ceil(",
    "contains(",
    "not_null(",
    "reverse(",
    "type(",
    "abs(",
    "min(",
    "starts_with(",
    "to_array(",
]
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12), JSON)
def test_any_words_and_any_value(words: list[str], value: Any) -> None:
    """Words put together at random mostly make no expression; one that they make ends in one of two ways."""
    try:
        expression = Expression.compile("".join(words))
    except ExpressionError as error:
        assert 0 <= error.offset <= len("".join(words))
        assert error.width >= 1
        return
    try:
        Evaluation(value, Budget(10_000)).search(expression, value)
    except EvaluationError as error:
        assert len(str(error)) < 200


@settings(max_examples=200, deadline=None)
@given(JSON)
@example([1e308, 1e308])
@example({"a": "9" * 5000})
@pytest.mark.parametrize(
    "text",
    [
        "to_number(a)", "ceil(a)", "sum(@)", "avg(@)", "sort(@)", "max(@)", "a < b", "contains(a, b)", "join(a, b)",
        "sort_by(@, &a)", "max_by(@, &b)", "map(&a.b, @)", "merge(a, b)", "starts_with(a, b)", "@[?a < b]", "a == @",
        "to_string(@)", "reverse(@)", "@[::0]", "&a", "not_null(&a, b)", "to_array(&a)", "type(&a)", "keys(a)",
    ],
)  # fmt: skip
def test_every_function_on_any_value(text: str, value: Any) -> None:
    """Values that do not fit are an error of the evaluation, and no other exception."""
    evaluation = Evaluation(value)
    try:
        evaluation.search(Expression.compile(text), value)
    except EvaluationError as error:
        assert len(str(error)) < 200


@pytest.mark.parametrize(
    "text",
    [
        "|".join(["[@,@][]"] * 100),
        "|".join(["[@,@]"] * 80) + "|to_string(@)",
        "|".join(["join('', [@,@])"] * 60),
        "|".join(["[@,@]"] * 60) + "|@ == " + "|".join(["[@,@]"] * 60),
        "[" + ",".join(["@"] * 400) + "][] | [" + ",".join(["@"] * 80) + "][] | [@,@][][]",
        "|".join(["[@,@]"] * 60) + "|contains(@, [@])",
    ],
)
def test_what_doubles_is_stopped(text: str) -> None:
    """By the budget, before it takes memory."""
    assert len(text) <= MAX_EXPRESSION
    with pytest.raises(EvaluationError, match="more steps"):
        Evaluation("x" * 100, Budget(100_000)).search(Expression.compile(text), "x" * 100)


def test_steps_are_paid_from_one_budget() -> None:
    """All expressions of a payload share it."""
    evaluation = Evaluation({"a": [1] * 100}, Budget(250))
    expression = Expression.compile("a[*]")
    evaluation.search(expression, {"a": [1] * 100})
    evaluation.search(expression, {"a": [1] * 100})
    with pytest.raises(EvaluationError):
        evaluation.search(expression, {"a": [1] * 100})


@pytest.mark.parametrize(
    ("text", "constant", "path"),
    [
        ("a.b", False, ("a", "b")),
        ('"x y".b', False, ("x y", "b")),
        ("@", False, None),
        ("a[0]", False, None),
        ("'x'", True, None),
        ("`5`", True, None),
        ("root()", False, None),
        ("join('-', ['a', 'b'])", True, None),
    ],
)
def test_what_an_expression_looks_at(text: str, constant: bool, path: tuple[str, ...] | None) -> None:
    """A constant looks at nothing; plain names are a path."""
    expression = Expression.compile(text)
    assert (expression.constant, expression.path()) == (constant, path)


@pytest.mark.parametrize(
    ("text", "value", "missing"),
    [
        ("a.b.c", {"a": {}}, "$.x.a.b"),
        ("a", None, "$.x.a"),
        ('"x y".b', {}, '$.x["x y"]'),
        ("a || b", {}, "`a || b`"),
    ],
)
def test_the_first_name_that_is_missing(text: str, value: Any, missing: str) -> None:
    """As a path, where the expression is one."""
    assert Expression.compile(text).missing_in(value, "$.x") == missing


def test_the_whole_payload_is_within_reach() -> None:
    """From anywhere in it."""
    payload = {"sender": "x", "items": [{"a": 1}]}
    assert Evaluation(payload).search(Expression.compile("[a, root().sender]"), payload["items"][0]) == [1, "x"]


def test_text_stays_readable_in_to_string() -> None:
    """Chinese is not escaped."""
    assert Evaluation(None).search(Expression.compile("to_string(@)"), {"名": "支付"}) == '{"名":"支付"}'
