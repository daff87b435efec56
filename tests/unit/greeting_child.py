"""A child process that greets, and listens to nobody until its parent goes away: for tests of what keeps it."""

from __future__ import annotations

import threading

from jupyter_mccom.engines.local.child_side import fail, greet, settings

if __name__ == "__main__":
    given = settings()
    if given.get("fails"):
        fail("as it was told")
    greet(f"tcp://{given['key']}")
    threading.Event().wait()
