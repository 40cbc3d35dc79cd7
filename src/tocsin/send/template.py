"""The text of a template → a template ready to be filled in, or a fault with its place.

Read strictly: what is no part of a template of texts is refused, and so is a name that there is not, whether or not
the values of today would come upon it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import jinja2
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from tocsin._core.clean import one_line
from tocsin.send.sandbox import FAILS, TESTS, Sandbox, Template

LONGEST = 16 * 1024
"""Characters of a template."""

_DEEPEST = 50
_LOOP = ("first", "last", "index", "index0", "length")
_OPEN = ("labels", "annotations")
"""Fields that have whatever names an alert gave them."""

_NODES: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Filter, nodes.Test, nodes.Concat, nodes.Add, nodes.Sub, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair),
    nodes.Keyword,
)
_WORDS = {"Mul": "*", "Pow": "**", "Mod": "%", "Div": "/", "FloorDiv": "//", "Assign": "set"}
_REFUSED = {
    "Call": "calls nothing: write the value's name, without parentheses",
    "Assign": "takes no `set`: write the value where it is wanted",
    **dict.fromkeys(("Mul", "Pow", "Mod", "Div", "FloorDiv"), "does not calculate, but for + and -"),
}
_QUOTED = re.compile(r"'([^']+)'")
_TAG = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a variable is: ``text``, ``number``, ``flag``, ``list`` or ``mapping``. ``fields`` are the names that a
    mapping has, or each item of a list."""

    name: str
    fields: tuple[str, ...] = ()


class TemplateFault(Exception):
    """A template that cannot be taken; line and column count from 1 and are its own."""

    def __init__(self, message: str, line: int, column: int = 1, width: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.width = width


def compile_template(text: str, sandbox: Sandbox, *, known: Mapping[str, Kind]) -> Template:
    """A template of these variables. Raises ``TemplateFault``."""
    if len(text) > LONGEST:
        raise TemplateFault(f"is longer than {LONGEST >> 10} KiB", 1)
    try:
        tree = sandbox.parse(text)
        _Reader(text, known, tuple(sandbox.filters)).read(tree)
        return Template(sandbox.from_string(tree), frozenset(find_undeclared_variables(tree)))
    except jinja2.TemplateSyntaxError as error:
        said = (error.message or "cannot be read").rstrip(".")
        found = _QUOTED.findall(said)
        word = found[-1] if found else ""
        if "needs to be closed" in said:
            said = f"`{word}` is never closed; write {{% end{word} %}} where it ends"
        raise _at(text, error.lineno, word, f"is no template: {said[:1].lower()}{said[1:]}") from None
    except FAILS as error:
        said = "is nested too deeply" if isinstance(error, RecursionError) else f"cannot be taken: {error}"
        raise TemplateFault(one_line(said), 1) from None


class _Reader:
    """Looks through a template that was parsed, in the order in which it is written."""

    def __init__(self, text: str, known: Mapping[str, Kind], filters: tuple[str, ...]) -> None:
        self._text = text
        self._known = known
        self._filters = filters

    def read(self, tree: nodes.Template) -> None:
        """Raises ``TemplateFault`` for the first that has no place in it."""
        waiting: list[tuple[nodes.Node, int, Mapping[str, Kind] | None]] = [(tree, 0, None)]
        while waiting:
            node, depth, loop = waiting.pop()
            if depth > _DEEPEST:
                raise TemplateFault("is nested too deeply", node.lineno)
            self._look(node, loop)
            inner = loop
            if isinstance(node, nodes.For):
                inner = self._loop(node, loop)
            target = getattr(node, "target", None)  # the name that a loop gives
            waiting += reversed([(each, depth + 1, inner) for each in node.iter_child_nodes() if each is not target])

    def _look(self, node: nodes.Node, loop: Mapping[str, Kind] | None) -> None:
        if not isinstance(node, _NODES):
            raise self._refused(node)
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            node.expr2 = nodes.Const("", lineno=node.lineno)  # `x if y` is empty where y does not hold
        if isinstance(node, (nodes.Filter, nodes.Test)):
            what, known = ("filter", self._filters) if isinstance(node, nodes.Filter) else ("test", TESTS)
            self._named(node, what, node.name, known)
        elif isinstance(node, nodes.Name):
            self._kind(node, loop)
        elif isinstance(node, nodes.Getattr):
            self._field(node, node.attr, loop)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            self._field(node, node.arg.value, loop)

    def _refused(self, node: nodes.Node) -> TemplateFault:
        what = type(node).__name__
        word = _WORDS.get(what, what.lower())
        if isinstance(node, nodes.Call):
            word = str(getattr(node.node, "name", "") or getattr(node.node, "attr", ""))
        said = _REFUSED.get(what, f"has no place for `{what.lower()}`: it takes `if`, `for`, and values with filters")
        return _at(self._text, node.lineno, word, f"a template {said}")

    def _loop(self, node: nodes.For, loop: Mapping[str, Kind] | None) -> Mapping[str, Kind]:
        lists = sorted(name for name, kind in self._known.items() if kind.name == "list")
        if loop is not None:
            raise _at(self._text, node.lineno, "for", "a loop within a loop is not taken")
        if node.recursive or not isinstance(node.iter, nodes.Name) or node.iter.name not in lists:
            raise _at(self._text, node.lineno, "in", f"a loop goes over one of: {', '.join(lists)}")
        if not isinstance(node.target, nodes.Name):
            raise _at(self._text, node.lineno, "for", "a loop has one variable")
        fields = self._known[node.iter.name].fields
        item = Kind("mapping", fields) if fields else Kind("text")
        return {node.target.name: item, "loop": Kind("mapping", _LOOP)}

    def _kind(self, node: nodes.Node, loop: Mapping[str, Kind] | None) -> Kind:
        """What an expression is; of one that only shows itself when it is filled in, ``text``."""
        if isinstance(node, nodes.Name):
            known = {**self._known, **(loop or {})}
            self._named(node, "variable", node.name, known)
            return known[node.name]
        is_item = isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice)
        if is_item or (isinstance(node, nodes.Filter) and node.name in ("first", "last")):
            of = self._kind(node.node, loop)  # type: ignore[attr-defined]
            return Kind("mapping", of.fields) if of.name == "list" and of.fields else Kind("text")
        if isinstance(node, nodes.Getattr) and node.attr in _OPEN:
            return Kind("open")
        return Kind("text")

    def _field(self, node: nodes.Getattr | nodes.Getitem, field: str, loop: Mapping[str, Kind] | None) -> None:
        of = node.node
        kind = self._kind(of, loop)
        what = f"`{of.name}`" if isinstance(of, nodes.Name) else "it"
        if kind.name == "mapping":
            self._named(node, f"field of {what}", field, kind.fields)
        elif kind.name != "open" and not isinstance(of, nodes.Dict):
            raise _at(self._text, node.lineno, field, f"{what} is a {kind.name}, and has no `{field}`")

    def _named(self, node: nodes.Node, what: str, name: str, known: Mapping[str, Kind] | tuple[str, ...]) -> None:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            more = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(sorted(known))}"
            raise _at(self._text, node.lineno, name, f"there is no {what} `{name}`; {more}")


def _at(text: str, number: int, word: str, message: str) -> TemplateFault:
    """The fault at a word of a line; where it does not stand there, at the line's first tag."""
    lines = text.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    tag = _TAG.search(line)
    start = tag.start() if tag else len(line) - len(line.lstrip())
    edge = r"\b" if word[:1].isalnum() or word[:1] == "_" else ""
    found = re.compile(edge + re.escape(word) + edge).search(line, start) if word else None
    if found:
        return TemplateFault(message, number, found.start() + 1, max(1, len(word)))
    return TemplateFault(message, number, start + 1, max(1, len(line.rstrip()) - start))
