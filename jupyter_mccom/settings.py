"""Every setting, once: name, unit, default and meaning.

The same names work in `jupyter_server_config.py` and on the command line (`--MCCom.name=value`).
Only `compose.py` reads them; every part takes plain keyword values.
"""

from __future__ import annotations

from pathlib import Path

from traitlets import Bool, Float, Int, TraitError, Unicode, validate
from traitlets.config import Configurable

from .errors import SettingsError


class MCCom(Configurable):
    """Code completion by a small local model."""

    model = Unicode(
        "qwen2.5-coder-0.5b",
        help="Local model: an id of the catalogue (`jupyter mccom status` lists them) or the path of a GGUF file.",
    ).tag(config=True)
    models_dir = Unicode("", help="Folder of the model files; empty: the user's cache folder.").tag(config=True)
    threads = Int(0, min=0, help="CPU threads of the local model; 0: physical cores - 1, at least 1.").tag(config=True)
    context_tokens = Int(4096, min=256, help="Context of the local model, in tokens.").tag(config=True)
    prompt_tokens = Int(
        512,
        min=64,
        help="Most tokens of a local prompt: prompt evaluation is the latency (5 ms a token on two cores).",
    ).tag(config=True)
    max_tokens = Int(64, min=1, help="Most tokens of a suggestion.").tag(config=True)
    idle_unload_s = Float(1800.0, min=0, help="Seconds without a request until the model is unloaded; 0: never.").tag(
        config=True
    )
    latency_budget_s = Float(
        30.0, min=0.1, help="Seconds a completion may take before what there is so far is shown or dropped."
    ).tag(config=True)
    enabled = Bool(True, help="Answer completion requests at all.").tag(config=True)
    keep_traces = Bool(True, help="Keep the traces and outcomes of requests, in memory only.").tag(config=True)

    @validate("models_dir")
    def _existing_folder(self, proposal: dict[str, str]) -> str:
        path = Path(proposal["value"]).expanduser()
        if proposal["value"] and path.exists() and not path.is_dir():
            raise TraitError(f"models_dir {str(path)!r} is a file; name a folder")
        return proposal["value"]


def changed(settings: MCCom, **values: object) -> MCCom:
    """The same settings with some values replaced. Raises SettingsError for a value that cannot be."""
    try:
        return MCCom(**{name: getattr(settings, name) for name in settings.trait_names(config=True)} | values)
    except TraitError as error:
        raise SettingsError(f"{error}; see `jupyter mccom --help`") from error
