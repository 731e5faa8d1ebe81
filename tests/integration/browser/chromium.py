"""The browser of this machine."""

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def browser() -> str:
    """Chromium, which `make setup` installs where it may."""
    found = next(filter(None, map(shutil.which, NAMES)), MAC if Path(MAC).exists() else None)
    assert found, "There is no Chromium here. On Debian and Ubuntu: apt-get install chromium"
    return found
