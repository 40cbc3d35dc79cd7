"""``make demo``, as a person sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading

from tocsin._core.plan import GROUPS


def test_the_demo_tells_its_story_and_ends() -> None:
    """It tells the story, stays up, and ends at Ctrl-C with nothing left running."""
    said = []
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "demo", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        # The demo stays up by itself; this ends it if the story never does.
        watch = threading.Timer(90, lambda: os.killpg(demo.pid, signal.SIGKILL))
        watch.start()
        assert demo.stdout
        for line in demo.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                os.killpg(demo.pid, signal.SIGINT)
        watch.cancel()
    text = "".join(said)
    assert demo.wait(timeout=20) == 0, text
    assert "nothing is left running" in said[-1]
    steps = re.split(r"^── \d\. ", text, flags=re.MULTILINE)
    told = [sorted(re.findall(r"^(\w+) (\w+) INC-", step, re.MULTILINE)) for step in steps]
    everybody = sorted(GROUPS)
    assert told[1] == [("opened", group) for group in everybody]
    assert told[2] == []
    assert told[3] == [("acknowledged", "command"), ("acknowledged", "technical")]
    assert told[4] == [("alerts_added", "technical")]
    assert told[5] == [("cleared", group) for group in everybody]
    over = [("closed", group) for group in everybody] + [("restored", group) for group in everybody]
    assert told[6] == over
    assert told[7] == [("opened", "technical")]
    assert "Traceback" not in text
    assert "WARN" not in text
