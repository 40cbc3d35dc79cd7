"""The templates that come with Tocsin: files in ``templates/``, a folder for each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tocsin._core.plan import GROUPS, VENDOR
from tocsin.send.chinese import CHINESE
from tocsin.send.english import ENGLISH
from tocsin.send.sandbox import Sandbox, Template
from tocsin.send.template import compile_template
from tocsin.send.variables import KINDS
from tocsin.send.words import Words

FOLDER = Path(__file__).parent / "templates"
SHARED = ("subject", "head", "happened", "request")
"""The templates that all groups share: what those of the groups are put together of, and the subject."""

OF_VENDORS = tuple(f"{VENDOR}_{name}" for name in SHARED)
"""A vendor's own in their place."""


@dataclass(frozen=True, slots=True)
class Language:
    """What a language's texts are made with; ``templates`` are the shipped ones, by name."""

    words: Words
    sandbox: Sandbox
    templates: Mapping[str, Template]


@cache
def language_of(name: str) -> Language:
    """The language ``en`` or ``zh``; compiled once a process."""
    words = CHINESE if name == "zh" else ENGLISH
    sandbox = Sandbox(words.comma.join)
    names = (*SHARED, *GROUPS, VENDOR, *OF_VENDORS)
    folder = FOLDER / ("zh" if name == "zh" else "en")
    texts = {each: (folder / f"{each}.j2").read_text(encoding="utf-8") for each in names}
    return Language(
        words, sandbox, {each: compile_template(text, sandbox, known=KINDS) for each, text in texts.items()}
    )
