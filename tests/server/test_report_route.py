"""The report about a suggestion, on a real server with a real model."""

from __future__ import annotations

import json

import pytest
from tornado.httpclient import HTTPClientError

from tests.conftest import SMALL

from .asking import REQUEST, Fetch


async def test_a_report_is_of_a_kept_suggestion(jp_fetch: Fetch) -> None:
    """A report is written about a suggestion of which a trace is kept, and of no other."""
    asked = json.dumps({**REQUEST, "trigger": "invoke"})
    answer = await jp_fetch("mccom", "complete", method="POST", body=asked)
    line = json.loads(answer.body.decode().splitlines()[-1])
    body = {"suggestion_id": line["suggestion_id"], "request": REQUEST}
    told = json.loads((await jp_fetch("mccom", "report", method="POST", body=json.dumps(body))).body)
    assert "import pandas as █" in told["report"]
    assert SMALL in told["report"]
    assert "a.ipynb" not in told["report"]
    with pytest.raises(HTTPClientError, match="400"):
        await jp_fetch("mccom", "report", method="POST", body='{"suggestion_id": "gone"}')
