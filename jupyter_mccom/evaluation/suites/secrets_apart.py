"""`bench --suite secrets-apart`: as `secrets`, with other templates, vendors and makes of passwords. This one decides.

It does not name what leaked: whoever mends a detector looks at the open split.
"""

from __future__ import annotations

from ..lib.bench import Bench
from ..report.findings import Findings
from .secret_leaks import measure_split


def measure(bench: Bench) -> Findings:
    """The split that is kept apart. Raises EngineError when no server asks its cloud."""
    return measure_split(bench, "apart")
