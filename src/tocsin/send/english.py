"""The notices' English."""

from __future__ import annotations

from tocsin.send.words import Words

ENGLISH = Words(
    titled="{marks} {title}",
    bracket="[{}]",
    comma=", ",
    more="{listed} and {count} more",
    drill="DRILL", digest="{count} notices about {incidents} incidents",
    units=("d", "h", "m", "under 1m"),
    within="{text} ({within})",
    tiers={"high": "HIGH", "medium": "MEDIUM", "low": "LOW"},
    states={
        "open": "open", "acknowledged": "acknowledged", "contained": "contained", "restored": "restored",
        "closed": "closed",
    },
    signals={"firing": "firing", "cleared": "signals quiet"},
    impacts={
        "wide": "wide (many customers)", "partial": "partial (some customers)", "narrow": "narrow (internal, or few)",
    },
    groups={
        "command": "Command", "technical": "Technical rescue", "business": "Business coordination",
        "legal": "Legal and compliance", "data": "Data and information",
        "vendor": "Vendor",
    },
    missing={"approver": "approver", "rollback_plan": "rollback plan", "assessment": "assessment"},
    actions={
        "acknowledge": "acknowledge it", "assign": "name who is in charge", "contain": "call it contained",
        "update": "say how it stands", "note": "put a note on record", "snooze": "snooze it", "raise": "raise the tier",
        "lower": "lower the tier", "reclassify": "reclassify it", "add_service": "add a service",
        "change": "record a change", "restore": "call it restored", "still_broken": "call it still broken",
        "close": "close it", "false_alarm": "call it a false alarm", "merge": "merge it", "reopen": "reopen it",
        "vendor_acknowledge": "record the vendor's word",
    },
    links={"respond": "Answer", "incident": "Incident", "dashboard": "Dashboard", "runbook": "Runbook"},
    asks={
        "acknowledge": "acknowledge that you have it", "update": "say how it stands",
        "restore": "confirm whether the service is back",
    },
    test="[TEST] Channel {channel}",
    channel_down="[CHANNEL DOWN] {channel}",
    channel_down_says="It takes no notices: fallbacks get them where there are any, else they wait. Its last error:",
    channel_up="[CHANNEL UP] {channel} takes notices again",
    test_says="This is a test: this channel works. Nothing has happened, and there is nothing to do.",
)  # fmt: skip
