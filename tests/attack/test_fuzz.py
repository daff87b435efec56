"""Bodies that no page sends, to every route that reads one: refused with one line or answered, never a 500.

`corpus/` holds bodies that were answered with 500 once, and those that a run finds; each is tried again in every run. A
file has the method, the path and the pieces of the body, each with how often it stands there.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attack.attacked import Attacked
from tests.attack.every_route import TAKING, body_of
from tests.attack.figures import Figures

CORPUS = Path(__file__).parent / "corpus"
N_SHORT, N_LONG = 40, 1000
ANSWERED_S = 10.0
"""A body is answered or refused in this time, also where a model is asked."""
ALLOWED = {200, 202, 204, 400, 403, 409, 413, 502}
WORST: tuple[object, ...] = (
    *(None, True, False, [], {}, "", 0, -1, 0.5, -0.0, 2**53, 2**64, 10**400, float("nan"), float("inf"), 1e308),
    *(
        "\x00",
        "\ud800",
        "x" * 5000,
        "(" * 5000,
        "x = " + "-" * 600 + "1",
        "../../etc/passwd",
        "\n",
        "\u202e",
        "𝕏" * 300,
    ),
    *("".join("    " * depth + "if x:\n" for depth in range(150)), '"""', "%%bash\n", "http://127.0.0.1:9", "\r\n\r\n"),
)
values = st.one_of(
    st.sampled_from(WORST),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    ),
)


@st.composite
def bodies(draw: st.DrawFn, golden: Any) -> str:
    """A golden message in which up to three fields, at any depth, have other values, or are gone, or are new."""
    body = json.loads(json.dumps(golden))
    for _ in range(draw(st.integers(1, 3))):
        place = body
        while True:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            name = draw(st.sampled_from(names)) if names else None
            if name is None or not isinstance(place[name], dict | list) or not place[name] or draw(st.booleans()):
                break
            place = place[name]
        if name is not None and draw(st.integers(0, 4)) == 0:
            del place[name]
        elif name is not None:
            place[name] = draw(values)
        elif isinstance(place, dict):
            place[draw(st.text(max_size=8))] = draw(values)
    if draw(st.integers(0, 19)) == 0:
        body = draw(values)
    text = json.dumps(body)
    return text if draw(st.integers(0, 9)) else text[: draw(st.integers(0, len(text)))]


@pytest.mark.parametrize("route", TAKING, ids=[f"{method} {path}" for method, path in TAKING])
def test_no_body_is_a_fault(server: Attacked, route: tuple[str, str], long: bool, figures: Figures) -> None:
    """Whatever a body is made of, the route answers, or refuses it with one line."""
    statuses: dict[int, int] = {}
    slowest_s = 0.0

    @settings(
        max_examples=N_LONG if long else N_SHORT,
        deadline=None,
        database=None,
        derandomize=not long,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies(body_of(route)))
    def attack(body: str) -> None:
        nonlocal slowest_s
        began_s = time.monotonic()
        answer = _sent(server, route, body)
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if not _is_well(answer):
            _keep(route, body)
        assert _is_well(answer), answer.text[:300]

    attack()
    name, n_bodies = " ".join(route), sum(statuses.values())
    n_faults = sum(n for status, n in statuses.items() if status not in ALLOWED)
    figures.add(f"`{name}`: faults, of {n_bodies} bodies", n_faults, most=0)
    figures.add(f"`{name}`: slowest answer, s", slowest_s, most=ANSWERED_S)


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_a_fault_once(server: Attacked, file: Path) -> None:
    """A body that was a fault once is refused with one line, or answered."""
    found = json.loads(file.read_text(encoding="utf-8"))
    body = "".join(piece * times for piece, times in found["pieces"])
    answer = _sent(server, (found["method"], found["path"]), body)
    assert _is_well(answer), answer.text[:300]


def test_nothing_is_in_the_log(server: Attacked) -> None:
    """After all that the server completes code, and its log holds no fault of ours."""
    line = server.complete("import numpy as ", "after.py", trigger="invoke")
    assert line["type"] == "final", line
    assert "mccom: a fault" not in server.log.read_text(errors="replace")


def _sent(server: Attacked, route: tuple[str, str], body: str) -> httpx.Response:
    method, path = route
    return server.client.request(method, path, content=body.encode("utf-8", "surrogatepass"))


def _is_well(answer: httpx.Response) -> bool:
    """Answered; or refused with one line that says why."""
    if answer.status_code not in ALLOWED:
        return False
    if answer.status_code < 400:
        return "please report it" not in answer.text
    message = answer.json().get("message", "")
    return bool(message) and "\n" not in message and len(message) < 1000 and "please report it" not in message


def _keep(route: tuple[str, str], body: str) -> None:
    """Hypothesis makes it smaller and calls again: the last file of a run is the smallest."""
    name = f"found-{hashlib.sha256(' '.join(route).encode()).hexdigest()[:8]}.json"
    told = {"method": route[0], "path": route[1], "pieces": [[body, 1]]}
    (CORPUS / name).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
