"""A child process that behaves badly, as its first argument says: for tests of what runs it."""

from __future__ import annotations

import subprocess
import sys
import time


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    how = sys.argv[1]
    if how == "deaf":  # reads nothing, and does not end with its stdin
        _say("here")
        time.sleep(60)
    elif how == "loud":  # fills both pipes, one of them without a line's end
        sys.stderr.write("x" * (1 << 20))
        sys.stderr.flush()
        _say("y" * (1 << 20))
        sys.stdin.read()
    elif how == "parent":  # leaves a process behind that has its pipes
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"])
        _say(str(left.pid))
        sys.stdin.read()
    elif how == "closed":  # closes its pipes and lives on
        sys.stdout.close()
        sys.stderr.close()
        time.sleep(60)
