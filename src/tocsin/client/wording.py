"""What ``--help`` says of each field of an action or a declaration. A field that two of them have means the same in
both, or is named with its action."""

from __future__ import annotations

HELP: dict[str, str] = {
    "affected_business": "Business that is affected.",
    "approver": "Who approved the change.",
    "assessed": "Whether what the change does was assessed.",
    "at": "When the service was back (default: when its signals cleared).",
    "business_lines": "Business lines that are affected.",
    "class": "A class of the plan, as in cyber_attack.",
    "continuity": "What has become of the business that goes on.",
    "customer_groups": "Customer groups that are affected.",
    "datasets": "Data that are affected.",
    "description": "What is known of it.",
    "despite_firing": "It is back though its alerts still fire.",
    "direct_impact": "What it does directly.",
    "drill": "It is an exercise: marked on every message, and in no figure.",
    "environment": "The environment (default: the plan's first).",
    "eta": "When it should be over.",
    "for_seconds": "How long, at most seven days.",
    "goal": "What is worked for.",
    "impact": "How far it reaches (default: narrow).",
    "impact_scope": "How far it reaches, in words.",
    "indirect_impact": "What it does besides.",
    "interim_measures": "What was done for the time being.",
    "into": "The incident that goes on.",
    "known_cause": "What is known of the cause.",
    "location": "Where it is.",
    "measures_done": "A measure that was taken.",
    "measures_planned": "A measure that is planned.",
    "modules": "Modules that are affected.",
    "next_step": "What is done next.",
    "note": "Words for the record.",
    "number": "The number of a change on record: what has become of it.",
    "potential_risks": "What may come of it.",
    "progress": "What was achieved.",
    "reason": "Why.",
    "responsible_party": "Whose work it is.",
    "result": "What came of the change.",
    "risks": "What may go wrong.",
    "rollback_plan": "How the change is taken back.",
    "scope": "How large the change is.",
    "secondary_classes": "A class that it is besides.",
    "service": "A service, by its name in the plan.",
    "started_at": "When it began (default: now).",
    "subtype": "Its kind within the class, as in leak.",
    "systems": "Systems that are affected.",
    "tested": "Whether the change was tested.",
    "text": "What to put on record.",
    "tier": "The tier.",
    "title": "What it is, on one line.",
    "to": "Who is in charge.",
    "vendor": "A vendor of the plan.",
    "what": "What is changed.",
    "who": "Who there has taken it up.",
    "declare tier": "The tier (default: by the service's importance and the impact).",
}


def help_of(command: str, field: str) -> str:
    """The text for a field, by its name in JSON."""
    return HELP.get(f"{command} {field}") or HELP[field]
