"""A child process that dies at once where it may use a GPU, as a driver makes it do: for tests of what comes then."""

from __future__ import annotations

import os
import threading

from jupyter_mccom.engines.local.child_side import greet, settings


def main() -> None:
    """Takes its settings; greets only without a GPU or with one that works, and waits until its parent goes away."""
    if settings()["gpu"] and os.environ.get("MCCOM_TEST_GPU") != "works":
        os._exit(134)
    greet("tcp://127.0.0.1:9")
    threading.Event().wait()


if __name__ == "__main__":
    main()
