"""A real Chromium without a window, driven over its DevTools protocol: what a person with a phone sees and presses.

Scripts of pages are off, as they are where the page is opened within a chat. What is done is done by the mouse and the
keyboard; the protocol is asked only where things are and what they say.
"""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp
from tests.support.wait import wait_for

PROGRAM = "chromium"
WIDTH, HEIGHT = 360, 740
PATIENCE = 30.0

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-port=0", "--no-proxy-server",
)  # fmt: skip


class Browser:
    """One browser with one page. Enter it to start it; ``errors`` are what its console complained of."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="tocsin-browser-", ignore_cleanup_errors=True)
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._loaded = asyncio.Event()

    async def __aenter__(self) -> Self:
        home = Path(self._folder.name)
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *_FLAGS,
            f"--user-data-dir={home}",
            "about:blank",
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._session = aiohttp.ClientSession(trust_env=False)
        said = home / "DevToolsActivePort"
        await wait_for(lambda: said.exists() and "\n" in said.read_text(), "a browser", within=PATIENCE)
        url = f"http://127.0.0.1:{said.read_text().splitlines()[0]}"
        async with self._session.get(f"{url}/json/list") as answer:
            page = next(target for target in await answer.json() if target["type"] == "page")
        self._socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        for domain in ("Page", "DOM", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setScriptExecutionDisabled", value=True)
        await self.look_like(width=WIDTH)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await self._socket.close()
        await self._session.close()
        self._process.kill()
        await self._process.wait()
        self._folder.cleanup()

    async def call(self, method: str, **params: Any) -> Mapping[str, Any]:
        """Ask one thing of the protocol."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE):
            found: Mapping[str, Any] = await answer
        return found

    async def look_like(self, *, width: int, dark: bool = False, scale: float = 1) -> None:
        """Be a phone of this width; ``scale`` is how many pixels it has to each of the page's."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT, deviceScaleFactor=scale, mobile=True
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        await self._is_loaded()

    async def press(self, selector: str, *, leads_on: bool = True) -> None:
        """Click in the middle of an element; ``leads_on`` says to wait for the page that follows."""
        node = await self.find(selector)
        await self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        x1, y1, _, _, x2, y2, _, _ = (await self.call("DOM.getBoxModel", nodeId=node))["model"]["border"]
        self._loaded.clear()
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=(x1 + x2) / 2, y=(y1 + y2) / 2, button="left", clickCount=1
            )
        if leads_on:
            await self._is_loaded()

    async def type(self, selector: str, text: str) -> None:
        """Write into a field, after what is in it."""
        await self.call("DOM.focus", nodeId=await self.find(selector))
        await self.call("Input.insertText", text=text)

    async def find(self, selector: str) -> int:
        """An element of the page as it is now."""
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        node: int = (await self.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        assert node, f"no {selector} in {await self.html()}"
        return node

    async def size(self, selector: str) -> tuple[float, float]:
        """How wide and how high an element is."""
        model = (await self.call("DOM.getBoxModel", nodeId=await self.find(selector)))["model"]
        return model["width"], model["height"]

    async def end(self, selector: str) -> float:
        """How far below the top of the screen an element ends."""
        model = (await self.call("DOM.getBoxModel", nodeId=await self.find(selector)))["model"]
        return float(model["border"][5])

    async def width(self) -> float:
        """How wide the page would have to be to need no scrolling sideways."""
        metrics = await self.call("Page.getLayoutMetrics")
        return float(metrics["cssContentSize"]["width"])

    async def html(self) -> str:
        """The page as the browser has it."""
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        return str((await self.call("DOM.getOuterHTML", nodeId=root))["outerHTML"])

    async def picture(self) -> bytes:
        """A picture of what is on the screen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def _is_loaded(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._loaded.wait()

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if "error" in said:
                    answer.set_exception(AssertionError(said["error"]))
                else:
                    answer.set_result(said["result"])
            elif said["method"] == "Page.loadEventFired":
                self._loaded.set()
            elif said["method"] == "Log.entryAdded":
                self.errors.append(said["params"]["entry"]["text"])
