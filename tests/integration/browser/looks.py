"""A page as a browser shows it: on a telephone and on a desk, in the light and in the dark."""

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.browser.chromium import QUIET, browser

SCRIPT = Path(__file__).with_name("harness.js")
WIDTHS = {"telephone": 390, "desk": 1100}
SCHEMES = {"dark": 0, "light": 1}  # of Blink's PreferredColorScheme


def looks(page: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What harness.js finds, by scheme and screen (``dark telephone``); and ``console``, what the browser complains of.

    The page is shown as it is, with its own Content-Security-Policy, in frames of another page whose script looks in.
    """
    frames = "".join(
        f'<iframe id="{name}" style="width: {width}px; height: 900px; border: 0" srcdoc="{html.escape(page)}"></iframe>'
        for name, width in WIDTHS.items()
    )
    script = f"<script>{SCRIPT.read_text('utf-8')}</script>"
    shell = f'<!doctype html><meta charset="utf-8"><pre id="found"></pre>{frames}{script}'
    file = folder / "shell.html"
    file.write_text(shell, "utf-8")
    found: dict[str, dict[str, Any]] = {}
    for scheme, number in SCHEMES.items():
        command = [
            browser(), *QUIET, f"--user-data-dir={folder / scheme}", f"--blink-settings=preferredColorScheme={number}",
            "--enable-logging=stderr", "--window-size=1200,900", "--dump-dom", file.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        told = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
        assert told, done.stderr
        for name, seen in json.loads(html.unescape(told.group(1))).items():
            complaints = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
            found[f"{scheme} {name}"] = {**seen, "console": complaints}
    return found
