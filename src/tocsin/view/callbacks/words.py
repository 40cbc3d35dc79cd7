"""What a person who pressed a button is told, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.view.page.show import words_of

_NOT_DONE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "refused": "Not done: the incident does not take this now. Its latest message says how it stands.",
        "forbidden": "Not done: this needs the command line or the API.",
        "unknown": "Not done: this button is not known here any more.",
    },
    "zh": {
        "refused": "尚未生效：事件目前不接受这一操作，最新情况见其最近的消息。",
        "forbidden": "尚未生效：此操作须用命令行或 API。",
        "unknown": "尚未生效：此按钮已失效。",
    },
}


def done(action: str, language: str) -> str:
    """That an action was done; nothing for one that no button does."""
    return words_of(language).done.get(action, "")


def not_done(why: str, language: str) -> str:
    """That nothing was done, and why: ``refused``, ``forbidden`` or ``unknown``."""
    return _NOT_DONE["zh" if language == "zh" else "en"][why]
