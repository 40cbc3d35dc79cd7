"""What docs/http.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

from tests.accept.running import running

from tocsin._core.model import RejectReason
from tocsin.accept.body import MAX_BODY
from tocsin.adapt.payload import MAX_ALERTS
from tocsin.adapt.posted import MAX_LABELS, MAX_TEXT

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


def test_all_reasons_and_limits_are_named() -> None:
    """The table of reasons is complete, and the limits are those of the code."""
    section = PAGE.partition("### Alerts that are rejected")[2].partition("## Errors")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [reason.value for reason in RejectReason]
    assert (MAX_LABELS, MAX_TEXT, MAX_BODY) == (128, 64 << 10, 16 << 20)
    for words in ("more than 128 labels", "over 64 KiB", "over 16 MiB", f"over {MAX_ALERTS:,} alerts"):
        assert words in PAGE


async def test_the_bodies_shown_are_taken() -> None:
    """The posts that the page shows are answered 200 at the paths that it shows."""
    shown = re.findall(r"curl -i http://127\.0\.0\.1:9095(\S+) .*?-d '(.*?)'\n", PAGE, re.DOTALL)
    assert len(shown) == 2
    async with running() as run:
        for path, body in shown:
            status, _ = await run.post(path, data=body, headers={"Content-Type": "application/json"})
            assert status == 200
