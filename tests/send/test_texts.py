"""Templates of a plan: which goes first, what is wrong with them and where, and what becomes of one that fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, told
from tests.send.samples import delivery, notice

from tocsin._core.message import Message
from tocsin._core.plan import GROUPS, TextTemplate
from tocsin.send.body import render
from tocsin.send.samples import samples
from tocsin.send.sandbox import FILTERS, TESTS
from tocsin.send.texts import Own, Texts
from tocsin.send.variables import KINDS, PIECES, VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def texts_of(directory: Path, plan: str) -> Texts:
    """The texts of such a plan."""
    return Texts.of(plan_of(directory, plan).templates)


def message(texts: Texts, event: str = "opened", group: str = "technical", language: str = "en") -> Message:
    """What a group is told by them."""
    return render(notice(event), delivery(group, language=language), external_url="", texts=texts)


def test_the_one_that_names_most_goes_first(tmp_path: Path) -> None:
    """An event before a group before a language; subject and text are looked for apart."""
    texts = texts_of(
        tmp_path,
        """
templates:
  - {subject: all}
  - {language: en, subject: english, text: english text}
  - {group: legal, subject: legal}
  - {event: cleared, subject: cleared}
  - {event: cleared, group: legal, language: en, subject: cleared legal english}
""",
    )
    assert message(texts, language="zh").subject == "all"
    assert message(texts).subject == "english"
    assert message(texts, group="legal").subject == "legal"
    assert message(texts, "cleared").subject == "cleared"
    assert message(texts, "cleared", "legal").subject == "cleared legal english"
    assert message(texts, "cleared", "legal").text == "english text"
    assert message(texts, "cleared", "legal", "zh").text.startswith("【高】")


def test_a_template_has_the_shipped_parts_and_values(tmp_path: Path) -> None:
    """The head, what happened and what is asked, and all that the shipped texts are made of."""
    texts = texts_of(
        tmp_path,
        """
templates:
  - event: opened
    group: technical
    text: |
      {{ head }}
      {{ happened }}
      {{ request }}
      {% for alert in alerts %}
      - {{ alert.name }} at {{ alert.labels.instance }}{{ alert.labels.nothing }}
      {% endfor %}
""",
    )
    shipped = message(Texts()).text.split("\n")
    lines = message(texts).text.split("\n")
    assert lines[:2] == shipped[:2]
    assert lines[2] == "- PaymentGatewayDown at pay-gw-2.internal:9100"
    assert message(texts, group="data").text == message(Texts(), group="data").text


def test_a_text_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Problems in it are told at its own line and column."""
    (tmp_path / "own.txt").write_text("{{ head }}\nCall {{ vendr }}\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path, "templates: [{event: opened, text: {file: own.txt}}]")
    assert (problem.file, problem.line, problem.column, problem.width) == (str(tmp_path / "own.txt"), 2, 9, 5)
    assert str(problem).splitlines()[1:] == ["    Call {{ vendr }}", "            ^^^^^"]
    (tmp_path / "own.txt").write_text("{{ head }}\nCall {{ vendor }}\n", encoding="utf-8")
    assert message(texts_of(tmp_path, "templates: [{text: {file: own.txt}}]")).text.endswith("Call Acme Outsourcing")


MISTAKES = [
    ("templates: [{event: opend, text: a}]", (1, 21), "did you mean `opened`?"),
    ("templates: [{event: opened}]", (1, 13), "needs a `subject`, a `text` or both"),
    ("templates: [{text: '{{ vendr }}'}]", (1, 24), "there is no variable `vendr`; did you mean `vendor`?"),
    (
        "templates:\n  - text: |\n      {{ head }}\n      x {% if vendor %}\n",
        (4, 12),
        "`if` is never closed",
    ),
    ("templates:\n  - text: >\n      {{ head }}\n      {{ foo() }}\n", (4, 10), "calls nothing"),
    ('templates: [{text: "a\\n{{ said.nobody }}"}]', (1, 32), "there is no field of `said` `nobody`"),
    ("templates:\n  - {text: a}\n  - {text: b}\n", (3, 12), "is given twice; the first is at "),
    (
        "templates: [{subject: '{{ said.to }}'}]",
        (1, 23),
        "`subject` fails for `opened`, `command` and `en` where little is known: it makes nothing",
    ),
    ("templates: [{subject: '{{ head }}{{ head }}{{ head }}'}]", (1, 23), "longer than 400 characters"),
    (
        "templates: [{text: '{{ alerts[0].name }}'}]",
        (1, 20),
        "for `opened`, `command` and `en` where little is known: ",
    ),
    ("templates: {opened: a}", (1, 12), "`templates` must be a list"),
]


@pytest.mark.parametrize(("plan", "place", "said"), MISTAKES, ids=[plan for plan, _, _ in MISTAKES])
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, plan: str, place: tuple[int, int], said: str) -> None:
    """Line and column within the text in the rule file, however it is written there."""
    ((line, column, message),) = told(problems_of(tmp_path, plan))
    assert said in message
    assert (line, column) == place


def test_one_that_fails_gives_way_to_the_shipped_text() -> None:
    """The notice goes out as without it; the failure is told with the template's place, and the first as such."""
    broken = TextTemplate(place="plan.yaml:3", event="opened", subject="{{ hosts[0] }}", text="{{ hosts[0] }}")
    texts = Texts.of([broken])
    failures: list[tuple[Own, str]] = []
    bare = notice(alerts=())
    made = render(bare, delivery(), external_url="", texts=texts, failed=lambda own, why: failures.append((own, why)))
    assert made == render(bare, delivery(), external_url="")
    assert [(own.place, own.part) for own, _ in failures] == [("plan.yaml:3", "subject"), ("plan.yaml:3", "text")]
    assert [texts.fails_first(failures[0][0]) for _ in range(2)] == [True, False]
    assert render(notice(), delivery(), external_url="", texts=texts).text == "pay-gw-2.internal:9100"


def test_a_drill_is_marked_whatever_the_template_says(tmp_path: Path) -> None:
    """In subject and text."""
    texts = texts_of(tmp_path, "templates: [{subject: s, text: t}]")
    made = render(notice(drill=True), delivery(), external_url="", texts=texts)
    assert (made.subject, made.text) == ("[DRILL] s", "[DRILL] t")


def test_groups_that_share_a_channel(tmp_path: Path) -> None:
    """One template for all is told once; one for a group stands below that group's name."""
    for_all = texts_of(tmp_path, "templates: [{text: '{{ title }}'}]")
    to = delivery("command", groups=GROUPS)
    assert render(notice(), to, external_url="", texts=for_all).text == "Payment gateway down"
    for_one = texts_of(tmp_path, "templates: [{group: legal, text: 'Call the counsel.'}]")
    lines = render(notice(), to, external_url="", texts=for_one).text.split("\n")
    assert lines[lines.index("[Legal and compliance]") + 1] == "Call the counsel."
    assert "Contain first: core systems, then sensitive data, then key interfaces." in lines


@pytest.mark.parametrize("group", ["business", "legal"])
def test_no_template_reaches_what_a_group_may_not_see(tmp_path: Path, group: str) -> None:
    """Alerts, hosts, namespaces and the like are empty for them, and what people wrote is blotted out."""
    text = (
        "{{ alerts }}{{ hosts }}{{ namespaces }}{{ says }}{{ alert_names }}{{ cause }}{{ update.progress }}{{ title }}."
    )
    texts = texts_of(tmp_path, f"templates: [{{text: '{text}'}}]")
    for each in samples("updated"):
        seen = render(each, delivery(group, details="full"), external_url="", texts=texts).text
        assert "pay-gw" not in seen and "10.1.2.3" not in seen and "PaymentGatewayDown" not in seen


def test_the_page_tells_every_variable() -> None:
    """Its table says of each what the code says, and names no other; fields, filters and tests are listed too."""
    section = PAGE.partition("### `templates`")[2].partition("\n### ")[0]
    table = section.partition("| variable | what it is |")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert told == {**PIECES, **{name: each.text for name, each in VARIABLES.items()}}
    fields = {field for kind in KINDS.values() for field in kind.fields}
    prose = re.sub(r"^```.*?^```", "", section, flags=re.MULTILINE | re.DOTALL)
    named = {word for code in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"\w+", code)}
    assert named >= fields | set(FILTERS) | set(TESTS)
