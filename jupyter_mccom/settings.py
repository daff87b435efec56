"""Every setting, once: name, unit, default and meaning.

The same names work in `jupyter_server_config.py` and on the command line (`--MCCom.name=value`), and those tagged
`person` in JupyterLab's settings and `PATCH /mccom/settings`. Not tagged is what a page must not decide, since it could
take what is not its own: a path (what the server reads), the cloud's address and dialect (where the stored key and the
code go), and where the key is found (any variable or file of the server). Every part takes plain keyword values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode, validate
from traitlets.config import Config, Configurable
from traitlets.config.loader import DeferredConfigString

from .errors import InputError, SettingsError

THRESHOLDS = ("route_threshold", "show_threshold")
"""Settings that win over what is learnt, where they are 0 or more."""


AUTO = "auto"
"""As `model`: one of those that are here, chosen by measuring."""


class MCCom(Configurable):
    """Code completion by a small local model."""

    model = Unicode(
        "qwen2.5-coder-0.5b",
        help="Local model: an id of the catalogue (`jupyter mccom status` lists them), the path of a GGUF file or of a "
        "folder of MLX weights, or auto: of the models that are here, the best that is quick enough on this machine.",
    ).tag(config=True, person=True)
    auto_budget_s = Float(
        0.5, min=0.01, help="Seconds that a statement may take on a warm model that `auto` chooses."
    ).tag(config=True)
    local_url = Unicode(
        "",
        help="Address of a running llama-server, Ollama, LM Studio or OpenAI-compatible server that is the local tier; "
        "if it is not this machine's, text goes there. Empty: a model of this machine.",
    ).tag(config=True)
    local_model = Unicode("", help="Model of that server, as it names it; empty: its first.").tag(config=True)
    local_key_env = Unicode("", help="Name of the environment variable that holds that server's key.").tag(config=True)
    local_key_file = Unicode("", help="A file that holds that server's key and that only you can read.").tag(
        config=True
    )
    models_dir = Unicode("", help="Folder of the model files; empty: the user's cache folder.").tag(config=True)
    threads = Int(0, min=0, help="CPU threads of the local model; 0: physical cores - 1, at least 1.").tag(
        config=True, person=True
    )
    context_tokens = Int(4096, min=256, help="Context of the local model, in tokens.").tag(config=True, person=True)
    prompt_tokens = Int(
        512,
        min=64,
        help="Most tokens of a local prompt: prompt evaluation is the latency (5 ms a token on two cores).",
    ).tag(config=True, person=True)
    max_tokens = Int(64, min=1, help="Most tokens of a suggestion.").tag(config=True, person=True)
    eagerness = Enum(
        ("quiet", "balanced", "eager"),
        "balanced",
        help="How likely right a text of the local model must be to be shown. quiet: only what is very likely right. "
        "eager: more texts, more wrong ones, and fewer questions to a cloud.",
    ).tag(config=True, person=True)
    route_threshold = Float(
        -1.0,
        max=1,
        help="Confidence above which local text is shown without the cloud; -1: by eagerness.",
    ).tag(config=True, person=True)
    show_threshold = Float(
        -1.0, max=1, help="Confidence at or below which local text is never shown; -1: by eagerness."
    ).tag(config=True, person=True)
    cloud_dialect = Unicode(
        "",
        help="What the cloud's server speaks: llama-server, llama-server-ngram-mod, vllm, sglang, openai, fireworks, "
        "mistral or deepseek; empty: the cloud is off and nothing leaves the machine.",
    ).tag(config=True)
    use_cloud = Bool(True, help="Ask the cloud, where one is configured.").tag(config=True, person=True)
    cloud_url = Unicode("", help="Base address of the cloud's server; empty: the dialect's own service.").tag(
        config=True
    )
    cloud_model = Unicode("", help="The cloud's model, as its server names it.").tag(config=True, person=True)
    cloud_key_env = Unicode("", help="Name of the environment variable that holds the cloud's key.").tag(config=True)
    cloud_key_file = Unicode("", help="A file that holds the cloud's key and that only you can read.").tag(config=True)
    cloud_connect_s = Float(3.0, min=0.1, help="Seconds to reach the cloud's server.").tag(config=True, person=True)
    cloud_timeout_s = Float(10.0, min=0.1, help="Seconds that the cloud may be silent.").tag(config=True, person=True)
    cloud_calls_a_day = Int(2000, min=0, help="Cloud calls a day (UTC), a hard stop; 0: no limit.").tag(
        config=True, person=True
    )
    cloud_tokens_a_day = Int(0, min=0, help="Cloud tokens a day, prompt and answer, a hard stop; 0: no limit.").tag(
        config=True, person=True
    )
    cloud_prompt_tokens = Int(1024, min=64, help="Most tokens of a prompt for the cloud.").tag(config=True, person=True)
    retrieval_tokens = Int(
        192, min=0, help="Most tokens of retrieved context in a local prompt; 0: nothing is indexed or searched."
    ).tag(config=True, person=True)
    project_root = Unicode(
        "", help="Folder that is indexed; empty: the repository that holds the document, else its folder."
    ).tag(config=True)
    use_kernel = Bool(True, help="Use names, types and columns that the notebook's kernel holds.").tag(
        config=True, person=True
    )
    kernel_to_cloud = Bool(False, help="Send them to the cloud too, and to a local_url elsewhere.").tag(
        config=True, person=True
    )
    idle_unload_s = Float(1800.0, min=0, help="Seconds without a request until the model is unloaded; 0: never.").tag(
        config=True, person=True
    )
    latency_budget_s = Float(
        30.0, min=0.1, help="Seconds a completion may take before what there is so far is shown or dropped."
    ).tag(config=True, person=True)
    enabled = Bool(True, help="Answer completion requests at all.").tag(config=True, person=True)
    trigger_mode = Enum(
        ("automatic", "manual"), "automatic", help="automatic: ask while a person types; manual: only when asked."
    ).tag(config=True, person=True)
    multiline = Enum(
        ("line", "statement", "block"),
        "statement",
        help="How far a suggestion goes: the line, the statement, or also the deeper lines below one that opens them.",
    ).tag(config=True, person=True)
    empty_line_pause_ms = Int(
        700, min=0, help="Rest of the cursor on a new empty line before one is suggested there; 0: none is."
    ).tag(config=True, person=True)
    debounce_max_ms = Int(300, min=0, help="Longest wait for a pause in typing; 0: JupyterLab's own 75 ms.").tag(
        config=True, person=True
    )
    in_comments = Bool(True, help="Ask while a comment is typed.").tag(config=True, person=True)
    in_strings = Bool(True, help="Ask while a string is typed.").tag(config=True, person=True)
    quiet_after_dismissals = Int(
        3, min=0, help="Esc so often in one line ends suggestions there until asked by hand; 0: never."
    ).tag(config=True, person=True)
    languages_off = List(Unicode(), help="Languages without completion, in lower case.").tag(config=True, person=True)
    paths_off = List(
        Unicode(), help="Notebooks, files and folders without completion, from the Jupyter root, `/` as separator."
    ).tag(config=True, person=True)
    keep_traces = Bool(
        True, help="Keep what became of suggestions on this machine, in figures and no text, and learn thresholds."
    ).tag(config=True, person=True)
    traces_dir = Unicode("", help="Folder in which that is kept; empty: the user's data folder; no network drive.").tag(
        config=True
    )

    @property
    def given(self) -> frozenset[str]:
        """Names that the configuration or the command line has set, to whatever value."""
        return frozenset(self._find_my_config(self.config)) & frozenset(self.trait_names(config=True))

    @validate("models_dir", "traces_dir")
    def _existing_folder(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        path = Path(value).expanduser()
        if value and path.exists() and not path.is_dir():
            raise TraitError(f"{proposal['trait'].name} {str(path)!r} is a file; name a folder")
        return value


def from_arguments(arguments: Sequence[str], *, as_the_server: bool = False) -> MCCom:
    """Settings from `--MCCom.name=value` arguments; `as_the_server`: above those that a Jupyter server here would have.

    Raises InputError for any other argument, SettingsError for a value that cannot be.
    """
    config = _server_config() if as_the_server else Config()
    for argument in arguments:
        found = re.fullmatch(r"--MCCom\.(\w+)=(.*)", argument, re.DOTALL)
        if found is None or found[1] not in MCCom.class_trait_names(config=True):
            raise InputError(
                f"unknown argument {argument!r}; see `jupyter mccom --help` and the settings in the README"
            )
        config.MCCom[found[1]] = DeferredConfigString(found[2])
    try:
        return MCCom(config=config)
    except (TraitError, ValueError) as error:
        raise SettingsError(f"{error}; see the settings in the README") from error


def _server_config() -> Config:
    """What stands in `jupyter_server_config.py` and `.json`, wherever Jupyter looks for them."""
    from jupyter_core.application import JupyterApp

    class Server(JupyterApp):
        name = "jupyter_server"

    server = Server()
    server.load_config_file()
    return server.config


def changed(settings: MCCom, **values: object) -> MCCom:
    """The same settings with some values replaced. Raises SettingsError for a value that cannot be."""
    try:
        return MCCom(**{name: getattr(settings, name) for name in settings.trait_names(config=True)} | values)
    except TraitError as error:
        raise SettingsError(f"{error}; see the settings in the README") from error


def kinds() -> Mapping[str, type]:
    """Python type of each setting: str, int, float, bool or list (of str)."""
    return {name: type(trait.default()) for name, trait in MCCom.class_traits(config=True).items()}


def personal() -> tuple[str, ...]:
    """Names that a person may set from the browser, unless the administrator has."""
    return tuple(MCCom.class_trait_names(config=True, person=True))


def alike(one: MCCom, other: MCCom, names: Collection[str]) -> bool:
    """Both hold the same values of `names`."""
    return all(getattr(one, name) == getattr(other, name) for name in names)
