"""The rule files as one immutable plan: read this to see how a directory becomes a ``Plan``.

``load`` is for a service that starts or reloads: sound, or ``PlanError`` with every problem at once.
``check`` is for people: it also warns, and a secret that is not set here is a warning, since rule files
are checked where the secrets are not. Neither reads the process's environment; it is passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tocsin._core.errors import PlanError
from tocsin._core.plan import Plan
from tocsin._core.problems import Problem
from tocsin._core.times import Millis
from tocsin._plan import source
from tocsin._plan.build import build
from tocsin._plan.complaints import broken, complaints
from tocsin._plan.document import Budget, read_document
from tocsin._plan.fields import Reading
from tocsin._plan.files import RuleFile, plan_hash, read_files
from tocsin._plan.merge import ENTRIES, LISTS, merge
from tocsin._plan.references import Reviewer
from tocsin._plan.schema import PlanFile
from tocsin._plan.secrets import written_secrets
from tocsin._plan.sense import Sense
from tocsin._plan.source import Sources, locate
from tocsin._plan.tests import misnamed
from tocsin.classify.classifier import Classifier
from tocsin.send.proof import Proof
from tocsin.send.request_proof import RequestProof
from tocsin.send.texts import Texts

MAX_PROBLEMS = 200
"""More than anybody reads; of a file that is broken throughout, the first ones are told."""

_LOOKED_AT = 5 * MAX_PROBLEMS


@dataclass(frozen=True, slots=True)
class Edition:
    """A plan with its rules and texts compiled: what a reload swaps, as one reference."""

    plan: Plan
    classifier: Classifier
    texts: Texts

    @classmethod
    def of(cls, plan: Plan) -> Edition:
        """The edition of a plan; with ten thousand rules this takes seconds."""
        return cls(plan, Classifier(plan), Texts.of(plan.templates))


class Current:
    """Holds the edition in force. A reload assigns another one; nothing else of it ever changes."""

    def __init__(self, plan: Plan) -> None:
        self.edition = Edition.of(plan)

    def plan(self) -> Plan:
        """The plan in force."""
        return self.edition.plan


def load(directory: Path, *, environment: Mapping[str, str], secrets: dict[Path, str] | None = None) -> Plan:
    """The plan of a directory. Raises ``PlanError`` with all its problems.

    ``secrets``, if given, is filled with the files that were to hold a secret, each with its digest.
    """
    reading = Reading(environment, directory, secrets={} if secrets is None else secrets)
    problems, plan = _read(directory, reading, lenient=False)
    errors = [problem for problem in problems if not problem.warning]
    if errors or plan is None:
        raise PlanError(errors)
    return plan


def check(
    directory: Path, environment: Mapping[str, str], *, now: Millis | None = None
) -> tuple[list[Problem], Plan | None]:
    """All problems and warnings, and the plan if there are no errors (secrets that are not set are empty in it).

    With ``now``, also of what has ended by then.
    """
    return _read(directory, Reading(environment, directory), lenient=True, now=now)


def _read(
    directory: Path, reading: Reading, *, lenient: bool, now: Millis | None = None
) -> tuple[list[Problem], Plan | None]:
    files, problems = read_files(directory)
    whole = not any(not problem.warning for problem in problems)
    sources, documents = Sources(), list[tuple[str, source.Mapping]]()
    budget = Budget()
    for file in files:
        document, found = _document(file, sources, budget)
        problems.extend(found)
        if document is not None:
            documents.append((file.path, document))
        elif found:
            whole = False
    root, found = merge(documents, sources)
    problems.extend(found)
    for location, _ in written_secrets(root):
        sources.hide(locate(root, location))
    entries, found = _entries(root, sources, reading, lenient=lenient)
    problems.extend(found)
    rules, tests, templates = entries.of("rules"), entries.of("tests"), entries.of("templates")
    if whole:  # else names may be unknown only because a file could not be read
        problems.extend(islice(Reviewer(entries.file, rules, root, sources).problems(), _LOOKED_AT))
        problems.extend(islice(misnamed(tests, root, sources), _LOOKED_AT))
        problems.extend(islice(Proof(templates, root, sources, directory).problems(), _LOOKED_AT))
        problems.extend(islice(RequestProof(entries.file, root, sources, directory).problems(), _LOOKED_AT))
        if lenient:
            problems.extend(islice(Sense(entries.file, rules, root, sources, now).problems(), _LOOKED_AT))
    if any(not problem.warning for problem in problems):
        return _sorted(problems), None
    placed = {
        section: [(locate(root, (section, index)).place, entry) for index, entry in found.items()]
        for section, found in (("rules", rules), ("tests", tests), ("templates", templates))
    }
    return _sorted(problems), build(entries.file, placed, plan_hash(files))


def _document(file: RuleFile, sources: Sources, budget: Budget) -> tuple[source.Mapping | None, list[Problem]]:
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        column = error.start - file.data.rfind(b"\n", 0, error.start)
        return None, [Problem(file.path, line, column, "not UTF-8 text; save the file as UTF-8")]
    sources.add(file.path, text)
    return read_document(file.path, text, sources, budget)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The sound entries, and which indexes in the files those of lists have (rules, tests, templates)."""

    file: PlanFile
    at: Mapping[str, list[int]]

    @classmethod
    def left(cls, file: PlanFile, root: source.Mapping, gone: set[tuple[str | int, ...]]) -> _Entries:
        return cls(file, {section: _left(root, gone, section) for section in LISTS})

    def of(self, section: str) -> dict[int, Any]:
        return dict(zip(self.at[section], getattr(self.file, section), strict=True))


def _entries(
    root: source.Mapping, sources: Sources, reading: Reading, *, lenient: bool
) -> tuple[_Entries, list[Problem]]:
    """What is sound, and what is wrong with the rest.

    Broken fields are left out, then entries that cannot do without them, so that all problems are found.
    """
    try:
        entries = PlanFile.model_validate(root, context=reading)
        return _Entries.left(entries, root, set()), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = complaints(errors[:_LOOKED_AT], root, sources, lenient=lenient)
    gone = set(broken(errors, root))
    filled = Reading(reading.environment, reading.directory, fill=True)
    try:
        entries = PlanFile.model_validate(_without(root, gone), context=filled)
    except ValidationError as error:
        left = {section: _left(root, gone, section) for section in LISTS}
        for section, name, *_ in (found["loc"] for found in error.errors(include_url=False)):
            place = left[str(section)][name] if section in LISTS and isinstance(name, int) else name
            gone.add((section,) if section in ENTRIES else (section, place))
        entries = PlanFile.model_validate(_without(root, gone), context=filled)
    return _Entries.left(entries, root, gone), problems


def _left(root: source.Mapping, gone: set[tuple[str | int, ...]], section: str) -> list[int]:
    """The indexes of the rules, or tests, that are not gone."""
    items = root.get(section)
    if (section,) in gone or not isinstance(items, list):
        return []
    return [index for index in range(len(items)) if (section, index) not in gone]


def _without(node: object, gone: set[tuple[str | int, ...]], at: tuple[str | int, ...] = ()) -> Any:
    """The tree as plain values, without what is gone."""
    if isinstance(node, source.Mapping):
        return {key: _without(value, gone, (*at, key)) for key, value in node.items() if (*at, key) not in gone}
    if isinstance(node, source.Listing):
        return [_without(item, gone, (*at, index)) for index, item in enumerate(node) if (*at, index) not in gone]
    return node


def _sorted(problems: list[Problem]) -> list[Problem]:
    """In order of file and line; of very many, the first, errors before warnings."""
    ordered = sorted(set(problems))
    if len(ordered) <= MAX_PROBLEMS:
        return ordered
    first = sorted(sorted(ordered, key=lambda problem: problem.warning)[:MAX_PROBLEMS])
    more = Problem(first[-1].file, 0, 0, "there are more problems than these; mend these first")
    return [*first, more]
