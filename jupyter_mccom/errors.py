"""Everything this package raises on purpose. Each message says what is wrong and ends with the next step.

MCComError
├── SettingsError      a setting that cannot work
├── WireError          a request that is not what the wire contract says (HTTP 400)
├── InputError         a command-line argument that names nothing (exit 2)
├── RetrievalError     the project tree or its index
├── ModelError         a model file: missing, corrupt, unverified, or not to be had
└── EngineError        the model's process
    ├── EngineMissing  the model or its runtime is not installed
    ├── EngineBusy     starting, restarting or occupied: try again
    └── PromptTooLong  more tokens than the model's context holds

Cancellation is none of these: `asyncio.CancelledError` always passes through.
"""

from __future__ import annotations


class MCComError(Exception):
    """The root: catch this one to catch them all."""


class SettingsError(MCComError):
    """A setting that cannot work."""


class WireError(MCComError):
    """A request body of the wrong shape."""


class InputError(MCComError):
    """A command-line argument that names nothing: no such file, cell, line or model."""


class RetrievalError(MCComError):
    """The project tree or its index cannot be read."""


class ModelError(MCComError):
    """A model file is missing, corrupt or cannot be fetched."""


class EngineError(MCComError):
    """The model's process failed."""


class EngineMissing(EngineError):
    """The model file or its runtime is not installed."""


class EngineBusy(EngineError):
    """The engine cannot answer now but may soon."""


class PromptTooLong(EngineError):
    """The prompt does not fit the model's context."""
