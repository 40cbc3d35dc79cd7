"""JMESPath expressions: compiled once, when the rule files are read, and evaluated within bounds.

An expression picks values out of a payload. Beside JMESPath's own functions there is ``root()``: the whole
payload, from within one of its alerts. A syntax error, an unknown function and a wrong number of arguments are
found when it is compiled. When it is evaluated, every step and everything that it builds is paid from a
``Budget``, so that neither a hostile expression nor a hostile payload takes more time or memory than that.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jmespath.exceptions import (
    IncompleteExpressionError,
    JMESPathError,
    JMESPathTypeError,
    LexerError,
    ParseError,
)
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

MAX_EXPRESSION = 1_000
"""Characters of an expression."""

MAX_STEPS = 5_000_000
"""Steps for a whole payload: fifty for each alert of the largest one, and a few seconds at worst."""

_TEXT_STEP = 16
"""Characters of a text that count as one step."""

_PLAIN_STEP = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_LOOKS = frozenset({"field", "current", "identity"})
_DEEP = frozenset({"contains", "join", "to_string"})
"""Functions that look at all that is in their arguments."""

_WORDS = {
    "array": "a list",
    "object": "an object",
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
}


class ExpressionError(ValueError):
    """The text is no expression. ``offset`` and ``width`` are the characters that are meant."""

    def __init__(self, message: str, offset: int, width: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.width = max(1, width)


class EvaluationError(Exception):
    """An expression cannot be evaluated on this payload, or costs too much."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. ``constant`` means that it looks at no payload."""

    text: str
    tree: Any = field(compare=False, repr=False)
    constant: bool = field(compare=False)

    @classmethod
    def compile(cls, text: str) -> Expression:
        """Compile. Raises ``ExpressionError``."""
        if len(text) > MAX_EXPRESSION:
            message = f"an expression has at most {MAX_EXPRESSION} characters; this one has {len(text)}"
            raise ExpressionError(message, 0, len(text))
        tree = _parsed(text)
        nodes = list(_nodes(tree))
        for node in nodes:
            if node["type"] == "function_expression":
                _check_call(text, node["value"], len(node["children"]))
        return cls(text, tree, not any(node["type"] in _LOOKS or node.get("value") == "root" for node in nodes))

    def path(self) -> tuple[str, ...] | None:
        """The names of ``one.two.three``; ``None`` for any other kind of expression."""
        names: list[str] = []
        pending = [self.tree]
        while pending:
            node = pending.pop()
            if node["type"] == "field":
                names.append(node["value"])
            elif node["type"] == "subexpression":
                pending += reversed(node["children"])
            else:
                return None
        return tuple(names)

    def missing_in(self, value: Any, at: str) -> str:
        """What is not there, as the path of the first name that is missing where the expression is plain names, else
        the expression itself. ``at`` is the path of the value."""
        names = self.path()
        path = at
        for name in names or ():
            path += f".{name}" if _PLAIN_STEP.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
            value = value.get(name) if isinstance(value, dict) else None
            if value is None:
                break
        return path if names else f"`{self.text}`"


class Budget:
    """The steps that are left."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps

    def spend(self, steps: int) -> None:
        """Pay, or raise ``EvaluationError``."""
        self.steps -= steps
        if self.steps < 0:
            raise EvaluationError("it takes more steps than a payload may cost; write it simpler, or post less at once")


class Evaluation:
    """Evaluates expressions on one payload, and within one budget."""

    def __init__(self, root: Any, budget: Budget | None = None) -> None:
        self._interpreter = _Interpreter(root, budget or Budget())

    def search(self, expression: Expression, value: Any) -> Any:
        """What the expression picks out of a value. Raises ``EvaluationError``."""
        try:
            return self._interpreter.visit(expression.tree, value)
        except JMESPathTypeError as error:
            wanted = " or ".join(_WORDS.get(kind, kind) for kind in error.expected_types)
            got = _WORDS.get(error.actual_type, error.actual_type)
            raise EvaluationError(f"{error.function_name}() takes {wanted}, and was given {got}") from None
        except RecursionError:
            raise EvaluationError("it goes too deep") from None
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            raise EvaluationError("its functions or comparisons do not fit the values in this payload") from None


class _Functions(Functions):
    def __init__(self, root: Any, budget: Budget) -> None:
        self._root = root
        self._budget = budget

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        for argument in resolved_args:
            if function_name in _DEEP:
                weigh(argument, self._budget)
            elif isinstance(argument, (list, dict)):
                self._budget.spend(len(argument))
            elif isinstance(argument, str):
                self._budget.spend(len(argument) // _TEXT_STEP)
        return super().call_function(function_name, resolved_args)

    @signature()
    def _func_root(self) -> Any:
        return self._root

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=lambda _: None)


class _Interpreter(TreeInterpreter):
    def __init__(self, root: Any, budget: Budget) -> None:
        super().__init__(Options(custom_functions=_Functions(root, budget)))
        self._budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._budget.spend(1)
        return super().visit(node, *args, **kwargs)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._budget.spend(sum(len(item) if isinstance(item, list) else 1 for item in base))
        return [inner for item in base for inner in (item if isinstance(item, list) else [item])]

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._budget.spend(len(value))
        return super().visit_slice(node, value)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [self.visit(child, value) for child in node["children"]]
        for side in sides:
            if isinstance(side, (list, dict)):
                weigh(side, self._budget)
        literals: Any = [{"type": "literal", "value": side, "children": []} for side in sides]
        settled: Any = {**node, "children": literals}
        return super().visit_comparator(settled, value)


def weigh(value: Any, budget: Budget) -> None:
    """Pay for all that is in a value, what is in it twice counted twice."""
    pending = [value]
    while pending:
        found = pending.pop()
        budget.spend(1 + (len(found) // _TEXT_STEP if isinstance(found, str) else 0))
        if isinstance(found, (list, dict)):
            budget.spend(len(found))
            pending += found.values() if isinstance(found, dict) else found


def _parsed(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PendingDeprecationWarning)
            return Parser().parse(text).parsed
    except PendingDeprecationWarning:
        at = text.find("`")
        message = "between backticks stands JSON; write a text between single quotes, as in 'firing'"
        raise ExpressionError(message, at, text.find("`", at + 1) - at + 1) from None
    except RecursionError:
        raise ExpressionError("nested too deeply", 0, len(text)) from None
    except IncompleteExpressionError:
        raise ExpressionError("not JMESPath: it breaks off at its end", max(0, len(text) - 1)) from None
    except LexerError as error:
        way_out = "; the whole payload is `root()`" if error.lexer_value == "$" else ""
        raise ExpressionError(f"not JMESPath: {error.message[:80]}{way_out}", error.lexer_position) from None
    except ParseError as error:
        token = str(error.token_value or "")
        raise ExpressionError(
            f"not JMESPath: `{token[:40]}` does not fit here", error.lex_position, len(token)
        ) from None
    except (JMESPathError, ValueError):
        raise ExpressionError("not JMESPath: it is empty, or cannot be read", 0, len(text)) from None


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += (child for child in node["children"] if isinstance(child, dict))


def _check_call(text: str, name: str, given: int) -> None:
    found = re.search(rf"\b{re.escape(name)}\s*\(", text)
    offset = found.start() if found else 0
    spec = _Functions.FUNCTION_TABLE.get(name)
    if spec is None:
        known = ", ".join(sorted(_Functions.FUNCTION_TABLE))
        raise ExpressionError(f"there is no function `{name[:40]}()`; there are {known}", offset, len(name))
    wanted = len(spec["signature"])
    variadic = wanted > 0 and spec["signature"][-1].get("variadic", False)
    if given < wanted or (given > wanted and not variadic):
        least = "at least " if variadic else ""
        raise ExpressionError(f"{name}() takes {least}{wanted} argument(s), not {given}", offset, len(name))
