"""The HTTP client of the model's own process, where that is the server of the xllamacpp wheel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import EngineError, PromptTooLong, SettingsError
from ..http import Headers, HttpClient, Patience, Unreadable
from .host import Address

_PATIENCE = Patience(connect_s=5.0, read_s=None, question_s=None)


def client_of(address: Address) -> HttpClient:
    """Call it in a running event loop."""
    # the server may close an idle connection while it is used again; a new one costs 0.2 ms on loopback
    return HttpClient(address.url, lambda: address.key, ProcessFailures(), _PATIENCE, keeps_alive=False, kind=None)


class ProcessFailures:
    """The failures of a model's own process, as `http.Failures`."""

    def no_key(self, error: SettingsError) -> EngineError:
        """The error of a key that cannot be read."""
        return EngineError(str(error))

    def unreachable(self, error: Exception) -> EngineError:
        """The error of a server that cannot be reached."""
        return _stopped(type(error).__name__)

    def refused(self, status: int, headers: Headers, said: bytes) -> EngineError:
        """The error of a refused request."""
        try:
            error = json.loads(said)["error"]
        except (ValueError, KeyError, TypeError):
            error = {}
        return _refusal(error, status)

    def broke_off(self, event: Mapping[str, Any]) -> EngineError:
        """The error of an answer that ended early."""
        return _refusal(event["error"], 500)

    def unreadable(self, why: Unreadable) -> EngineError:
        """The error of an answer that cannot be read."""
        return _stopped(f"its answer: {why}")

    def nothing(self) -> EngineError | None:
        """The error of an empty answer."""
        return _stopped("its answer is empty")

    def pause_s(self, error: EngineError) -> float | None:
        """Seconds to wait before the next request: the next key asks again."""
        return None


def _stopped(what: str) -> EngineError:
    return EngineError(f"the model's process stopped answering ({what}); the next key starts it again")


def _refusal(error: Mapping[str, Any] | str, status: int) -> EngineError:
    if not isinstance(error, Mapping):
        return EngineError(f"the model's process refused the request ({error}); see `jupyter mccom status`")
    if error.get("type") == "exceed_context_size_error":
        return PromptTooLong(
            f"the prompt has {error.get('n_prompt_tokens')} tokens and the model's context holds "
            f"{error.get('n_ctx')}; lower prompt_tokens or raise context_tokens"
        )
    said = error.get("message", f"HTTP {status}")
    return EngineError(f"the model's process refused the request ({said}); see `jupyter mccom status`")
