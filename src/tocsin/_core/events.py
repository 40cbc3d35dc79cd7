"""The events of which notices are told."""

from __future__ import annotations

from typing import Literal

Event = Literal[
    "opened", "alerts_added", "tier_raised", "tier_lowered", "reclassified", "cleared", "reopened", "restored",
    "closed", "merged", "false_alarm", "stale", "untold", "acknowledged", "assigned", "contained", "noted", "updated",
    "update_due", "rto_warning", "rto_missed", "eta_late", "escalated",
]  # fmt: skip
"""All of them."""

VENDOR_HEARS = frozenset({
    "opened", "tier_raised", "tier_lowered", "reclassified", "cleared", "reopened", "restored", "closed", "merged",
    "false_alarm", "updated", "escalated",
})  # fmt: skip
"""Those of which a vendor is told: ``reclassified`` if it is not asked any more, ``escalated`` if it is late."""

CALLS = frozenset({"opened", "tier_raised", "escalated", "update_due", "rto_missed", "untold"})
"""Those for which somebody is wanted: of what is high they mention people."""

BEGINS = frozenset({"opened", "tier_raised"})
"""Those whose channels get what follows."""
