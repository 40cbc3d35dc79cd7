"""That a tier's notices wait for its digest is said with the rest of who is told when."""

from __future__ import annotations

from pathlib import Path

from tests._plan.written import plan_of
from tests.support.world import classified

from tocsin._core.times import parse_time
from tocsin.explain.why import explain_silence

NOW = parse_time("2027-06-01T12:00:00Z")


def test_the_hour_of_the_digest_is_said(tmp_path: Path) -> None:
    """Of a tier that has one, with the time zone; of another, nothing."""
    plan = plan_of(tmp_path, "timezone: Asia/Shanghai\ntiers: {low: {digest: '09:00'}}")
    low = explain_silence(classified(tier="low"), plan, NOW).reasons
    assert "but the low tier has a digest: it is sent at 09:00 (Asia/Shanghai), once a day" in low
    assert "digest" not in " ".join(explain_silence(classified(tier="high"), plan, NOW).reasons)
