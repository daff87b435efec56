"""Everything this package raises on purpose. Each message says what is wrong and ends with the next step.

MCComError
├── SettingsError      a setting that cannot work (HTTP 400)
│   ├── SettingsLocked one that only the administrator may change (HTTP 403)
│   └── CloudSetUpError   what a person set up: a file or a keyring that cannot be read or written now (HTTP 409)
├── WireError          a request that is not what the wire contract says (HTTP 400)
├── InputError         what a person named does not exist or cannot be used (exit 2, HTTP 400)
│   └── CloudKeyMissing   a cloud that needs a key, and none was given or is kept for its address
├── ServerError        the notebook's Jupyter server, asked by `%mccom`
├── RetrievalError     the project tree or its index
├── TracesError        the file of traces cannot be emptied
├── ModelError         a model file: corrupt, unverified, or not to be had
│   └── ModelMissing   it is not here: a download is what it takes, and no second try
└── EngineError        the model's process
    ├── EngineMissing  the model or its runtime is not installed
    ├── NotLoaded      the process says that it cannot load the model, or died of it
    ├── EngineBusy     starting, restarting or occupied: try again
    ├── EngineHung     it lives and makes no progress: it is ended and starts again
    ├── PromptTooLong  more tokens than the model's context holds
    └── CloudError     the cloud's server; a completion goes on without it
        ├── CloudRefused  key, address or request are wrong: no use in trying again
        ├── CloudLimited  too many requests or tokens for now
        ├── CloudTimeout  no answer in time
        └── CloudBroken   unreachable, or its answer cannot be read

Cancellation is none of these: `asyncio.CancelledError` always passes through.
"""

from __future__ import annotations


class MCComError(Exception):
    """The root: catch this one to catch them all."""


class SettingsError(MCComError):
    """A setting that cannot work."""


class SettingsLocked(SettingsError):
    """A setting that only the server's administrator may change."""


class CloudSetUpError(SettingsError):
    """A person's set-up of a cloud cannot be read or written: its file, or the keyring."""


class WireError(MCComError):
    """A request body of the wrong shape."""


class InputError(MCComError):
    """What a person named does not exist or cannot be used: a file, cell, line, model, provider or address."""


class CloudKeyMissing(InputError):
    """A cloud that needs a key: none was given, and none is kept for its address."""


class ServerError(MCComError):
    """The Jupyter server is away or refuses what `%mccom` asked."""


class RetrievalError(MCComError):
    """The project tree or its index cannot be read."""


class TracesError(MCComError):
    """The file of traces cannot be emptied."""


class ModelError(MCComError):
    """A model file is missing, corrupt or cannot be fetched."""


class ModelMissing(ModelError):
    """The model's file is not on this machine."""


class EngineError(MCComError):
    """The model's process failed."""


class EngineMissing(EngineError):
    """The model file or its runtime is not installed."""


class NotLoaded(EngineError):
    """The model cannot be loaded by its engine: no use in trying again with the same files."""


class EngineBusy(EngineError):
    """The engine cannot answer now but may soon. `retry_after_s` is when to ask again, None where nobody knows."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EngineHung(EngineError):
    """The engine lives and makes no progress."""


class PromptTooLong(EngineError):
    """The prompt does not fit the model's context.

    `fits` is the share of its tokens that does, of (0, 1); None where the engine does not tell.
    """

    def __init__(self, message: str, *, fits: float | None = None) -> None:
        super().__init__(message)
        self.fits = fits


class CloudError(EngineError):
    """The cloud's server failed. `status` is its HTTP status, None without one."""

    def __init__(self, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable


class CloudRefused(CloudError):
    """The cloud refused a call: the key, the address or the request is wrong.

    `fields` are the optional fields of a request that its server named, most to blame first.
    """

    def __init__(self, message: str, *, status: int | None = None, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, status=status)
        self.fields = fields


class CloudLimited(CloudError):
    """The cloud limits requests or tokens. `retry_after_s` is what the server asked for, None when it did not."""

    def __init__(self, message: str, *, status: int | None = 429, retry_after_s: float | None = None) -> None:
        super().__init__(message, status=status, retryable=True)
        self.retry_after_s = retry_after_s


class CloudTimeout(CloudError):
    """The cloud did not answer in time."""


class CloudBroken(CloudError):
    """The cloud cannot be reached, or its answer cannot be read."""
