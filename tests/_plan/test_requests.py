"""What ``check`` says of the templates of ``http`` channels, and of their other keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, told, write

from tocsin._core.secret import Secret
from tocsin.plan import check

PAGE = (Path(__file__).parents[2] / "docs" / "channels" / "http.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

MISTAKES = [
    ("method: get", "`method` must be a method of HTTP in capitals"),
    ("method: CONNECT", "`method` must be a method of HTTP in capitals"),
    ("content_type: json", "`content_type` must be a type of content"),
    ("headers: {Content-Type: text/plain}", "cannot set `Content-Type`"),
    ("success: []", "must name at least one"),
    ("success: [500]", "must be a status that an answer may have"),
    ("accepted: 'code =='", "not JMESPath: it breaks off at its end"),
    ("secrets: {Key: a}", "a name of a secret is of small letters"),
    ("on: {openned: {method: PUT}}", "did you mean `opened`?"),
    ("on: {opened: {url: 'http://y'}}", "unknown key `url`"),
    ("body: '{\"a\": {{ subject }}}'", "it makes no JSON"),
    ('body: \'{"a": "{{ subjct }}"}\'', "did you mean `subject`?"),
    ("body: '{{ secrets.key }}'", "there is no field of `secrets` `key`"),
    ("body: '{% set a = 1 %}'", "takes no `set`"),
    ("body: '{{ subject | tojson }}'", "there is no filter `tojson`; did you mean `json`?"),
    ("path: issue/1", "it does not begin with a slash"),
    ("path: '/issue?a={{ id }}'", "parameters go into `query`"),
    ("query: {a: '{{ incident.titel }}'}", "did you mean `title`?"),
    ("on: {opened: {body: '[{{ text }}]'}}", "`body` fails for `opened` and `technical`: it makes no JSON"),
    ("content_type: text/plain, body: '{{ alerts[0].status }}'", "`body` fails for `opened` and `technical`"),
]


@pytest.mark.parametrize(("keys", "said"), MISTAKES, ids=[keys for keys, _ in MISTAKES])
def test_each_mistake_is_told(tmp_path: Path, keys: str, said: str) -> None:
    """One problem each, in the line where it stands."""
    (problem,) = problems_of(tmp_path, f"channels:\n  gate:\n    {{type: http, url: 'http://x', {keys}}}")
    assert problem.line in (2, 3)
    assert said in problem.message, problem.message


def test_a_fault_within_a_block_is_told_at_its_line(tmp_path: Path) -> None:
    """With the column of the word that is meant."""
    text = (
        "channels:\n  gate:\n    type: http\n    url: http://x\n    on:\n      closed:\n        body: |\n"
        '          {"a": 1,\n           "b": "{{ incident.titel }}"}\n'
    )
    assert [(line, column) for line, column, _ in told(problems_of(tmp_path, text))] == [(9, 30)]


def test_a_template_for_an_event_is_tried_on_that_event_alone(tmp_path: Path) -> None:
    """And the channel's own on all the others: so `opened` may do without a thread."""
    text = "channels: {a: {type: http, url: 'http://x', path: '/{{ thread }}', on: {opened: {path: /new}}}}"
    assert problems_of(tmp_path, text) == []


def test_secrets_of_templates(tmp_path: Path) -> None:
    """From the environment or a file; one that is written in is warned of, and not shown."""
    text = (
        "channels: {a: {type: http, url: 'http://x', secrets: {k: {env: K}, l: hunter2}, body: '\"{{ secrets.k }}\"'}}"
    )
    plan = plan_of(tmp_path, text, K="s3cret")
    assert plan.channels["a"].settings["secrets"] == {"k": Secret("s3cret"), "l": Secret("hunter2")}
    problems, _ = check(tmp_path, {"K": "s3cret"})
    assert ["`secrets.l`" in problem.message for problem in problems if "written" in problem.message] == [True]
    assert "hunter2" not in "".join(map(str, problems))


def test_what_differs_for_an_event_is_plain_settings(tmp_path: Path) -> None:
    """As senders read it."""
    text = "channels: {a: {type: http, url: 'http://x', on: {closed: {method: DELETE}}}}"
    assert plan_of(tmp_path, text).channels["a"].settings == {"url": "http://x", "on": {"closed": {"method": "DELETE"}}}


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(number) for number in range(len(EXAMPLES))])
def test_the_examples_of_the_page_are_sound(tmp_path: Path, example: str) -> None:
    """Each can be pasted into a file by itself."""
    problems, plan = check(write(tmp_path, example), {})
    assert plan is not None, problems
    assert all(problem.warning for problem in problems)
    assert len(EXAMPLES) >= 3
