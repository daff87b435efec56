"""How the failures of a server that somebody else runs as the local tier are told: with its address, in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import EngineError, PromptTooLong, SettingsError
from ..http import Headers, Unreadable

_SAID_CHARS = 200
"""Most characters of a server's own words in a message."""
_UNREADABLE: Mapping[Unreadable, str] = {
    "endless": "its answer does not end",
    "no JSON": "its answer is not JSON",
    "no object": "its answer is no JSON object",
}


class Refused(EngineError):
    """An HTTP status other than 200."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(EngineError):
    """Nobody answers at the address."""


class ServerFailures:
    """The failures of a server at `local_url`, as `http.Failures`. `url` is the server's address, as it is shown."""

    def __init__(self, url: str) -> None:
        self._url = url

    def no_key(self, error: SettingsError) -> EngineError:
        """The error of a key that cannot be read."""
        return EngineError(str(error))

    def unreachable(self, error: Exception) -> EngineError:
        """The error of a server that cannot be reached."""
        if isinstance(error, TimeoutError):
            return Unreachable(f"the server at {self._url} does not answer; start it or check MCCom.local_url")
        why = f"the server at {self._url} cannot be reached ({type(error).__name__})"
        return Unreachable(f"{why}; start it or check MCCom.local_url")

    def refused(self, status: int, headers: Headers, said: bytes) -> EngineError:
        """The error of a refused request."""
        if status in (401, 403):
            return Refused(f"the server at {self._url} refused the key (HTTP {status}); check local_key_env", status)
        try:
            answer = json.loads(said)
        except ValueError:
            answer = {}
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict) and error.get("type") == "exceed_context_size_error":
            return _too_long(error)
        why = f"the server at {self._url} refused ({words_in(answer) or f'HTTP {status}'})"
        return Refused(f"{why}; check MCCom.local_url and local_model", status)

    def broke_off(self, event: Mapping[str, Any]) -> EngineError:
        """The error of an answer that ended early."""
        return EngineError(
            f"the server at {self._url} ended its answer early ({words_in(event)}); the next key tries again"
        )

    def unreadable(self, why: Unreadable) -> EngineError:
        """The error of an answer that cannot be read."""
        return self.strange(_UNREADABLE[why])

    def nothing(self) -> EngineError | None:
        """The error of an empty answer."""
        return None

    def pause_s(self, error: EngineError) -> float | None:
        """Seconds to wait before the next request: it is asked again at the next key."""
        return None

    def strange(self, why: str) -> EngineError:
        """The server is not what it says."""
        return EngineError(
            f"the server at {self._url} is not a model server that we know ({why}); check MCCom.local_url"
        )


def words_in(answer: object) -> str:
    """The server's own words about an error; empty where it has none."""
    error = answer.get("error") if isinstance(answer, dict) else answer
    words = error.get("message") if isinstance(error, dict) else error
    return str(words or "")[:_SAID_CHARS].replace("\n", " ")


def _too_long(error: Mapping[str, Any]) -> PromptTooLong:
    n_prompt, n_context = error.get("n_prompt_tokens"), error.get("n_ctx")
    fits = n_context / n_prompt if isinstance(n_prompt, int) and isinstance(n_context, int) and n_prompt else 0.0
    return PromptTooLong(
        f"the prompt has {n_prompt} tokens and the server's context holds {n_context}; the next one is shorter, "
        "prompt_tokens sets the length",
        fits=fits if 0 < fits < 1 else None,
    )
