"""The README's commands do what it says, in the order in which a newcomer runs them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ADDRESS = "127.0.0.1:9095"


def blocks() -> list[str]:
    """The README's shell blocks, but for the one with ``make``: that one is what runs these tests."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in found if not block.startswith("make ")]


def free_address() -> str:
    """An address of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on PATH")
def test_the_commands_run(tmp_path: Path) -> None:
    """In an empty folder with the checkout's rules and .venv, all blocks run one after another as one session."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    address = free_address()
    settings = f"export TOCSIN_LISTEN={address} TOCSIN_URL=http://{address}"
    script = "\n".join(["set -e", settings, *blocks(), "kill $!", "wait $!"]).replace(ADDRESS, address)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    said = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    assert "sound" in done.stdout, said
    receipt = re.search(r'\{"received".*?\}', done.stdout)
    assert receipt, said
    assert json.loads(receipt[0])["new"] == 1
    assert re.search(r"INC-\d{6}-[0-9A-Z]{6}", done.stdout), said
    assert "Critical function outage: payments" in done.stdout, said


def test_the_yaml_is_taken(tmp_path: Path) -> None:
    """The channel that the README shows fits the shipped plan in place of that group's console."""
    from tocsin.plan import load

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^  (technical-console: .*)$", text, re.MULTILINE)
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    plan = tmp_path / "rules" / "00-plan.yaml"
    shipped = plan.read_text(encoding="utf-8")
    plan.write_text(re.sub(r"technical-console: +\{type: console\}", line, shipped), encoding="utf-8")
    loaded = load(
        tmp_path / "rules", environment={"TECHNICAL_HOOK": "http://127.0.0.1:1/", "TECHNICAL_HOOK_SECRET": "s"}
    )
    assert loaded.channels["technical-console"].type == "webhook"
