"""A workflow of Power Automate that posts the cards it gets to a channel of Teams, as their documents say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PATH = "/workflows/0123456789abcdef/triggers/manual/paths/invoke"
QUERY = "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Abc_dEf-0123456789"
_AT = re.compile(r"<at>(.*?)</at>")


@dataclass
class FakeTeams:
    """``on`` is whether the workflow is. ``cards`` are what came into the channel; a workflow says 202 before that."""

    on: bool = True
    cards: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        if request.path != PATH or request.query.get("sig") != "Abc_dEf-0123456789":
            return _error(401, "DirectApiAuthorizationRequired", "The request must be authenticated by a signature.")
        if request.query.get("sp") != "/triggers/manual/run":
            return _error(401, "AuthorizationFailed", "The authentication credentials are not valid.")
        if not self.on:
            return _error(400, "WorkflowTriggerIsNotEnabled", "The trigger 'manual' of the workflow is not enabled.")
        raw = await request.read()
        if len(raw.decode().encode("utf-16-le")) > 28 * 1024:
            return _error(413, "RequestEntityTooLarge", "Request Entity too large")
        body = json.loads(raw)
        assert body["type"] == "message"
        for attachment in body["attachments"]:
            assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
            assert attachment["content"]["type"] == "AdaptiveCard"
            self.cards.append(attachment["content"])
        return web.Response(status=202)

    def shown(self, number: int = -1) -> str:
        """A card as a phone shows it: the head with its colour, its lines with their gaps, and six buttons at most."""
        card = self.cards[number]
        lines = []
        for block in card["body"]:
            lines += [""] if block.get("spacing") == "Medium" else []
            if block["type"] == "RichTextBlock":
                runs = block["inlines"]
                lines.append("".join(f"{run.get('color', '')}: " * ("color" in run) + run["text"] for run in runs))
            else:
                assert block["type"] == "TextBlock"
                assert block["wrap"] is True
                lines.append(_AT.sub(r"@\1", block["text"]))
        return "\n".join([*lines, *(f"[{action['title']}] {action['url']}" for action in card["actions"][:6])])

    def mentioned(self, number: int = -1) -> list[str]:
        """Who is called by a card: entities whose text stands in a text block."""
        card = self.cards[number]
        texts = [block["text"] for block in card["body"] if block["type"] == "TextBlock"]
        entities = card["msteams"]["entities"]
        assert all(entity["text"] == f"<at>{entity['mentioned']['name']}</at>" for entity in entities)
        return [each["mentioned"]["id"] for each in entities if any(each["text"] in text for text in texts)]


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
