"""Who may call: every route without a token, with a wrong one, by a page elsewhere, by one who is not authorized."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler

from jupyter_mccom.models.store import Store
from tests.attack.attacked import Attacked, attacked
from tests.attack.every_route import ROUTES, body_of
from tests.attack.figures import Figures
from tests.conftest import SMALL
from tests.served import serving

REFUSED = {401, 403, 404}
ELSEWHERE = "https://page.example"
SERVED = (
    *(("POST", path) for path in ("completion", "completions", "v1/completions", "chat/completions")),
    *(("POST", path) for path in ("v1/chat/completions", "infill", "tokenize", "detokenize", "apply-template")),
    *(("POST", path) for path in ("embedding", "v1/embeddings", "rerank", "slots/0?action=save", "lora-adapters")),
    *(("POST", path) for path in ("props", "v1/messages", "v1/responses", "models/load", "models/unload")),
    *(("GET", path) for path in ("", "props", "slots", "metrics", "lora-adapters", "models", "v1/models", "health")),
)
OPEN = {"", "health", "models", "v1/models"}
"""What a served model tells without a key: that it is up, and its name."""


class Nobody(Authorizer):
    """Lets everybody do everything but with this extension."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Refuses the resource of this extension."""
        return resource != "mccom"


def _refused(client: httpx.Client) -> list[str]:
    """The routes that are not refused."""
    answers = ((route, client.request(*route, json=body_of(route))) for route in ROUTES)
    return [
        f"{' '.join(route)}: {answer.status_code}" for route, answer in answers if answer.status_code not in REFUSED
    ]


@contextmanager
def _by_cookie(server: Attacked) -> Iterator[tuple[httpx.Client, str]]:
    """A browser that has logged in, and the sign against forged requests that its own pages send."""
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False, follow_redirects=True) as browser:
        page = browser.get(f"{server.url.removesuffix('mccom/')}login?token={server.token}")
        found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        yield browser, found[1] if found else str(browser.cookies.get("_xsrf"))


@pytest.mark.parametrize("token", ["", "wrong", "server's, as a password"])
def test_without_the_token(server: Attacked, token: str, figures: Figures) -> None:
    """Without the server's token no route answers."""
    headers = {"": {}, "wrong": {"Authorization": "token 0123456789abcdef"}}.get(token)
    headers = {"Authorization": f"Basic {server.token}"} if headers is None else headers
    with httpx.Client(base_url=server.url, headers=headers, timeout=60, trust_env=False) as stranger:
        answered = _refused(stranger)
    figures.add(f"routes that answer without the token ({token or 'none'}), of {len(ROUTES)}", len(answered), most=0)
    assert answered == []


def test_a_forged_request(server: Attacked, figures: Figures) -> None:
    """A page elsewhere that has the browser send its cookie changes nothing, and reads nothing from its own origin."""
    with _by_cookie(server) as (browser, sign):
        assert browser.get("status").status_code == 200
        changing = [route for route in ROUTES if route[0] != "GET"]
        forged = [browser.request(*route, json=body_of(route)).status_code for route in changing]
        signed = browser.put("snooze", json={"minutes": 1}, headers={"X-XSRFToken": sign}).status_code
        browser.delete("snooze", headers={"X-XSRFToken": sign})
        browser.headers["Origin"] = ELSEWHERE
        read = [browser.request(*route, json=body_of(route)) for route in ROUTES]
    answered = [status for status in forged if status not in REFUSED]
    foreign = [one for one in read if one.status_code not in REFUSED]
    figures.add(f"routes that change something without the sign, of {len(changing)}", len(answered), most=0)
    figures.add(f"routes that answer a foreign Origin, of {len(ROUTES)}", len(foreign), most=0)
    assert signed == 200
    assert answered == []
    assert foreign == []
    assert not any("Access-Control-Allow-Origin" in one.headers for one in read)


def test_one_who_is_not_authorized(models: Store, tmp_path: Path, figures: Figures) -> None:
    """Where the server's authorizer refuses `mccom`, no route answers whoever is logged in."""
    denies = "--ServerApp.authorizer_class=tests.attack.test_authority.Nobody"
    with attacked(tmp_path / "server", arguments=(denies,)) as server:
        answered = _refused(server.client)
    figures.add(f"routes that answer one who is not authorized, of {len(ROUTES)}", len(answered), most=0)
    assert answered == []


def test_a_served_model(models: Store, figures: Figures) -> None:
    """`jupyter mccom serve` tells who has no key that it is up and its model's name, and a page elsewhere nothing."""
    with (
        serving("--model", SMALL, "--models-dir", str(models.models_dir), "--port", "0") as (url, key),
        httpx.Client(base_url=f"{url}/", timeout=60, trust_env=False) as client,
    ):
        n_open = 0
        for bearer in ("", "Bearer wrong", "Basic wrong"):
            client.headers["Authorization"] = bearer
            asked = [(path, client.request(method, path, json={"prompt": "x"})) for method, path in SERVED]
            answered = {path for path, answer in asked if answer.status_code not in (*REFUSED, 501)}
            n_open += len(answered - OPEN)
            assert answered <= OPEN
        client.headers.update({"Authorization": f"Bearer {key}", "Origin": ELSEWHERE})
        answer = client.post("completion", json={"prompt": "x = ", "n_predict": 1})
    figures.add(f"routes of a served model that answer without its key, of {len(SERVED)}", n_open, most=0)
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", ELSEWHERE)
