"""The browser that tests and measures the site: TRPO_BROWSER names it, or it is on the PATH."""

import os
import shutil

KNOWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root


def program(bundled):
    """The path of Chromium or Chrome; `bundled`, where playwright keeps its own, if that exists; or None."""
    found = os.environ.get("TRPO_BROWSER") or next(filter(None, map(shutil.which, KNOWN)), None)
    return found or (bundled if os.path.exists(bundled) else None)
