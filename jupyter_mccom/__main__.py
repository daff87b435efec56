"""Entry of the command line: `jupyter mccom`, `jupyter-mccom` and `python -m jupyter_mccom`."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Runs the command; returns its exit status. Ctrl-C ends the process at once while modules are imported.

    Python drops a KeyboardInterrupt that is raised in a weak reference's callback, and each import has one.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import main as command
    from .cli import serve  # noqa: F401 - it imports nothing more before it listens to signals

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return command.main()


if __name__ == "__main__":
    sys.exit(main())
