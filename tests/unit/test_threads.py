"""How many CPU threads a model gets."""

from __future__ import annotations

import os

from jupyter_mccom.engines.local.host import default_threads, threads_for


def test_a_model_gets_no_more_threads_than_there_are() -> None:
    """A model gets as many threads as are asked for, up to those of the machine; 0 asks for the default."""
    assert [threads_for(asked) for asked in (0, 1, 1024)] == [default_threads(), 1, os.cpu_count()]
