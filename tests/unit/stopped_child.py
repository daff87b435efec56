"""A child process that is stopped while it loads its model: for tests of what comes then."""

from __future__ import annotations

import os
import signal

if __name__ == "__main__":
    os.kill(os.getpid(), signal.SIGSTOP)
