"""A child process that never says that it is ready: for tests of how long it is waited for."""

from __future__ import annotations

import threading

if __name__ == "__main__":
    threading.Event().wait()
