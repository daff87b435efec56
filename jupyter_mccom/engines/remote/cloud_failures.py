"""How a cloud's failures are told: each is one of CloudError's kinds. No message holds the key or what was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ...errors import (
    CloudBroken,
    CloudError,
    CloudLimited,
    CloudRefused,
    CloudTimeout,
    EngineError,
    PromptTooLong,
    SettingsError,
)
from ..http import MAX_ANSWER_BYTES, Headers, Unreadable
from .optional_fields import named_in

_MAX_WAIT_S = 2.0
"""A longer Retry-After is not waited for: the local text is shown instead."""
_AGAIN_S = 0.1
_RETRIED = (429, 502, 503, 504)
_NAMES = (rb'"n_prompt_tokens": ?(\d+)', rb'"n_ctx": ?(\d+)')
"""Where llama.cpp's server tells that a prompt is too long."""
_TOO_LONG = re.compile(rb"context_length_exceeded|prompt is too long|maximum context length|input token count.*exceeds")
"""How OpenAI, Anthropic, vLLM and Gemini say that a prompt is too long."""
_SHORTER = "the next one is shorter; cloud_prompt_tokens sets the length"
_NEXT = "check cloud_url and cloud_dialect"
_UNREADABLE: Mapping[Unreadable, str] = {
    "endless": f"the cloud's answer is over {MAX_ANSWER_BYTES // 1024} KiB; {_NEXT}",
    "no JSON": f"the cloud's answer is not JSON; {_NEXT}",
    "no object": f"the cloud's answer is no JSON object; {_NEXT}",
}


class CloudFailures:
    """The failures of a cloud, as `http.Failures`."""

    def no_key(self, error: SettingsError) -> EngineError:
        """The error of a key that cannot be read."""
        return CloudRefused(str(error))

    def unreachable(self, error: Exception) -> EngineError:
        """The error of a server that cannot be reached."""
        import httpx

        if isinstance(error, httpx.ConnectTimeout):
            return CloudTimeout("the cloud cannot be reached in time; check cloud_url and the network")
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return CloudTimeout("the cloud fell silent; the next key tries again (MCCom.cloud_timeout_s)")
        if isinstance(error, httpx.ConnectError):
            why = "its certificate is not trusted" if "CERTIFICATE" in str(error).upper() else "no connection"
            return CloudBroken(f"the cloud cannot be reached ({why}); check cloud_url and the network", retryable=True)
        if isinstance(error, httpx.TransportError):
            why = f"the connection to the cloud broke ({type(error).__name__}); the next key tries again"
            return CloudBroken(why, retryable=True)
        if isinstance(error, ImportError | OSError):
            return CloudRefused(
                "the environment's proxy or certificates cannot be used; check HTTPS_PROXY, SSL_CERT_FILE"
            )
        return CloudRefused("the cloud's address or key cannot be used; check them with: jupyter mccom cloud list")

    def refused(self, status: int, headers: Headers, said: bytes) -> EngineError:
        """The error of a refused request."""
        if status == 400 and b"exceed_context_size" in said:
            n_prompt, n_context = (int(found[1]) if (found := re.search(name, said)) else 0 for name in _NAMES)
            return PromptTooLong(
                f"the prompt has {n_prompt} tokens and the cloud's context holds {n_context}; {_SHORTER}",
                fits=n_context / n_prompt if 0 < n_context < n_prompt else None,
            )
        if status in (400, 413) and _TOO_LONG.search(said):
            return PromptTooLong(f"the prompt is longer than the cloud's context; {_SHORTER}")
        if status == 429:
            wait_s = _retry_after_s(headers.get("Retry-After", ""))
            return CloudLimited(
                "the cloud has had too many requests for now (HTTP 429); it is asked again later", retry_after_s=wait_s
            )
        if status in (401, 403):
            why = f"the cloud refused the key (HTTP {status}); give a new one, with: jupyter mccom cloud add"
            return CloudRefused(why, status=status)
        if status == 408:
            return CloudTimeout("the cloud gave up waiting (HTTP 408); the next key tries again", status=status)
        if status < 500:
            hint = "check cloud_url, cloud_model and cloud_dialect"
            fields = named_in(said) if status in (400, 422) else ()
            return CloudRefused(f"the cloud refused the request (HTTP {status}); {hint}", status=status, fields=fields)
        why = f"the cloud's server failed (HTTP {status}); the next key tries again"
        return CloudBroken(why, status=status, retryable=status in _RETRIED)

    def broke_off(self, event: Mapping[str, Any]) -> EngineError:
        """The error of an answer that ended early."""
        return CloudBroken("the cloud ended its answer with an error; the next key tries again")

    def unreadable(self, why: Unreadable) -> EngineError:
        """The error of an answer that cannot be read."""
        return CloudBroken(_UNREADABLE[why])

    def misshapen(self) -> EngineError:
        """The error of an answer that is JSON of another shape than the provider's."""
        return CloudBroken(f"the cloud's answer has another shape than expected; {_NEXT}")

    def nothing(self) -> EngineError | None:
        """The error of an empty answer."""
        return CloudBroken(f"the cloud's answer is no event stream; {_NEXT}")

    def pause_s(self, error: EngineError) -> float | None:
        """Seconds to wait before the next request: as long as the server asked for, where that is short."""
        if isinstance(error, CloudLimited):
            wait_s = error.retry_after_s
            return wait_s if wait_s is not None and wait_s <= _MAX_WAIT_S else None
        return _AGAIN_S if isinstance(error, CloudError) and error.retryable else None


def _retry_after_s(value: str) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date; None where it is neither."""
    from datetime import datetime, timezone

    if re.fullmatch("[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        return max(0.0, (date.astimezone(timezone.utc) - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, OverflowError):
        return None
