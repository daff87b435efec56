"""Every setting, once: name, unit, default and meaning.

The same names work in `jupyter_server_config.py` and on the command line (`--MCCom.name=value`), and those tagged
`person` in JupyterLab's settings and `PATCH /mccom/settings`. Not tagged is what a page must not decide, since it could
take what is not its own: a path (what the server reads), the cloud's address and dialect (where the stored key and the
code go), and where the key is found (any variable or file of the server). Every part takes plain keyword values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from traitlets import Bool, Enum, List, TraitError, Unicode, validate
from traitlets.config import Configurable

from .bounded import Real, Whole
from .errors import SettingsError

THRESHOLDS = ("route_threshold", "show_threshold")
"""Settings that win over what is learnt, where they are 0 or more."""


_LEAST_UNLOAD_S = 0.1
_LEAST_CONTEXT = 1024
_CONTEXT_STEP = 256
"""Tokens. A change of a prompt's length within a step keeps the model's process."""
LEAST_PROMPT_TOKENS, MOST_PROMPT_TOKENS = 512, 2048
"""Bounds of a local prompt whose length this machine's speed decides. No length between them was surely better than
another (`evaluation/README.md`), and no longer one was measured."""
COLD_PROMPT_S = 0.5
"""Longest time in seconds that a prompt may take, of which the model has read nothing yet, beyond the least length."""
_LEAST_SET_TOKENS = 64
AUTO = "auto"
"""The value of `model` that lets measurements choose one of the downloaded models."""


class MCCom(Configurable):
    """Code completion by a small local model."""

    model = Unicode(
        AUTO,
        help="Local model: auto, an id of the catalogue, or the path of a GGUF file or of a folder of MLX weights."
        " auto uses the best of the downloaded models that is quick enough on this machine, and offers a better one.",
    ).tag(config=True, person=True)
    engine = Enum(
        ("auto", "mlx", "llamacpp"),
        "auto",
        help="What runs the local model. auto: MLX on Apple Silicon, llama.cpp elsewhere. Where MLX cannot be used, "
        "llama.cpp is.",
    ).tag(config=True, person=True)
    auto_budget_s = Real(
        0.5,
        min=0.01,
        max=60,
        help="Longest time in seconds that a statement may take with a model that auto chooses. The model is "
        "already loaded.",
    ).tag(config=True)
    step_down = Bool(
        True,
        help="While this machine runs on battery, or its memory is short, use a smaller model that is downloaded, or"
        " else shorter prompts. Only for model = auto.",
    ).tag(config=True, person=True)
    local_url = Unicode(
        "",
        help="Address of a running llama.cpp, Ollama, LM Studio or OpenAI-compatible server that replaces the "
        "local model. If it is on another machine, text goes there. Empty: the model runs on this machine.",
    ).tag(config=True)
    local_model = Unicode(
        "", help="Name of the model on the server at local_url. Empty: the server's first model."
    ).tag(config=True)
    local_key_env = Unicode("", help="Name of the environment variable that holds the key for local_url.").tag(
        config=True
    )
    local_key_file = Unicode("", help="File that holds the key for local_url. Only you may be able to read it.").tag(
        config=True
    )
    models_dir = Unicode("", help="Folder for model files. Empty: the user's cache folder.").tag(config=True)
    threads = Whole(
        0,
        min=0,
        max=1024,
        help="CPU threads for the local model. 0: one less than the number of physical cores, and at least one.",
    ).tag(config=True, person=True)
    context_tokens = Whole(
        0,
        min=0,
        max=1_048_576,
        help="Context size of the local model in tokens, at least 64; more takes more memory. 0: what prompts need.",
    ).tag(config=True, person=True)
    prompt_tokens = Whole(
        0,
        min=0,
        max=131_072,
        help="Longest prompt for the local model, in tokens; 64 or more. A longer prompt is slower: about 5 ms a token"
        " on two cores. 0: what this machine reads in half a second, 512 to 2048.",
    ).tag(config=True, person=True)
    max_tokens = Whole(64, min=1, max=4096, help="Longest suggestion, in tokens.").tag(config=True, person=True)
    eagerness = Enum(
        ("quiet", "balanced", "eager"),
        "balanced",
        help="How likely right a local text must be to be shown. quiet: only text that is very likely right. "
        "eager: more text, more of it wrong, and fewer cloud calls.",
    ).tag(config=True, person=True)
    route_threshold = Real(
        -1.0,
        min=-1,
        max=1,
        help="Above this confidence (0 to 1), local text is shown without asking the cloud. -1: eagerness and what"
        " was learnt decide.",
    ).tag(config=True, person=True)
    show_threshold = Real(
        -1.0,
        min=-1,
        max=1,
        help="At or below this confidence (0 to 1), local text is not shown while you type. -1: eagerness and what"
        " was learnt decide.",
    ).tag(config=True, person=True)
    cloud_dialect = Unicode(
        "",
        help="Provider of the cloud: openai, anthropic, gemini, azure, mistral, deepseek, fireworks, openrouter, "
        "ollama, lmstudio, openai-compatible, llama-server, llama-server-ngram-mod, vllm or sglang. Empty: the cloud "
        "is off and nothing is sent to it.",
    ).tag(config=True)
    use_cloud = Bool(True, help="Ask the cloud, if one is configured.").tag(config=True, person=True)
    cloud_url = Unicode(
        "",
        help="Base address of the cloud's server. Empty: the address of the service that the dialect names. Set "
        "without cloud_dialect, it is the only address that a person can set up.",
    ).tag(config=True)
    cloud_model = Unicode(
        "",
        help="Name of the model on the cloud's server. A cloud that you set up names its own model, unless the "
        "server's configuration sets this one.",
    ).tag(config=True, person=True)
    cloud_key_env = Unicode("", help="Name of the environment variable that holds the cloud's key.").tag(config=True)
    cloud_key_file = Unicode("", help="File that holds the cloud's key. Only you may be able to read it.").tag(
        config=True
    )
    cloud_setup = Enum(
        ("person", "admin"),
        "person",
        help="Who may set up a cloud. person: you, in JupyterLab's panel, with %mccom cloud add or with jupyter mccom "
        "cloud add. admin: only the server's configuration.",
    ).tag(config=True)
    find_servers = Bool(
        True,
        help="Look for a running Ollama, LM Studio or llama.cpp server on this machine, to offer its models. Only "
        "their usual ports on 127.0.0.1 are asked.",
    ).tag(config=True)
    cloud_connect_s = Real(3.0, min=0.1, max=120, help="Longest time in seconds to connect to the cloud.").tag(
        config=True, person=True
    )
    cloud_timeout_s = Real(10.0, min=0.1, max=600, help="Longest silence of the cloud, in seconds.").tag(
        config=True, person=True
    )
    cloud_hedge_s = Real(
        0.6,
        min=0,
        max=60,
        help="A local text that may be shown waits at most this many seconds for a word from the cloud. The cloud's"
        " text replaces it if nothing was typed meanwhile.",
    ).tag(config=True, person=True)
    cloud_ask_ahead = Bool(
        False,
        help="Ask the cloud already while you read a local text that may well be wrong. Its text is then there at once"
        " if you type something else. This makes more calls.",
    ).tag(config=True, person=True)
    cloud_calls_a_day = Whole(
        2000, min=0, max=1_000_000_000, help="Most cloud calls a day (UTC), a hard limit. 0: no limit."
    ).tag(config=True, person=True)
    cloud_tokens_a_day = Whole(
        0,
        min=0,
        max=1_000_000_000_000,
        help="Most cloud tokens a day (UTC), prompts and answers together, a hard limit. They are estimated from "
        "what the service told of earlier prompts, at first as three characters each. 0: no limit.",
    ).tag(config=True, person=True)
    cloud_prompt_tokens = Whole(4096, min=64, max=1_048_576, help="Longest prompt for the cloud, in tokens.").tag(
        config=True, person=True
    )
    cloud_retrieval_tokens = Whole(
        1536,
        min=0,
        max=1_048_576,
        help="Most tokens of a cloud prompt that other cells and files may take, and at most half of it. It is 0 too"
        " where retrieval_tokens is 0.",
    ).tag(config=True, person=True)
    retrieval_tokens = Whole(
        192,
        min=0,
        max=131_072,
        help="Most tokens of a local prompt that other cells and files may take. 0: the project is not indexed.",
    ).tag(config=True, person=True)
    project_root = Unicode(
        "", help="Folder that is indexed. Empty: the repository of the document, or else the folder of the document."
    ).tag(config=True)
    use_kernel = Bool(True, help="Use names, types and columns from the notebook's kernel, never values.").tag(
        config=True, person=True
    )
    kernel_to_cloud = Bool(
        False,
        help="Send names, types and columns from the kernel to the cloud too, and to a local_url on another machine.",
    ).tag(config=True, person=True)
    idle_unload_s = Real(
        1800.0,
        min=0,
        max=31_536_000,
        help="Seconds without a request until the model is unloaded from memory. 0: never.",
    ).tag(config=True, person=True)
    latency_budget_s = Real(
        30.0,
        min=0.1,
        max=600,
        help="Longest time in seconds for a completion. Then the text so far is shown or dropped.",
    ).tag(config=True, person=True)
    enabled = Bool(True, help="Complete code.").tag(config=True, person=True)
    trigger_mode = Enum(
        ("automatic", "manual"),
        "automatic",
        help="automatic: suggest while you type. manual: suggest only when you ask with Alt+\\.",
    ).tag(config=True, person=True)
    multiline = Enum(
        ("line", "statement", "block"),
        "statement",
        help="How far a suggestion goes. line: to the end of the line. statement: until its brackets are closed. "
        "block: also the indented lines below a line that opens them.",
    ).tag(config=True, person=True)
    empty_line_pause_ms = Whole(
        700,
        min=0,
        max=60_000,
        help="How long the cursor must rest on a new empty line before a suggestion comes there, in milliseconds. "
        "0: no suggestion there.",
    ).tag(config=True, person=True)
    empty_cell_pause_ms = Whole(
        0,
        min=0,
        max=60_000,
        help="How long the cursor must rest in an empty cell, with an idle kernel, before its first line is suggested, "
        "if that is very likely right, in milliseconds; 1000 is a good value. 0: no suggestion there, since few are "
        "right.",
    ).tag(config=True, person=True)
    debounce_max_ms = Whole(
        300,
        min=0,
        max=10_000,
        help="Longest wait for a pause in typing, in milliseconds, after JupyterLab's own 75 ms. 0: only those 75 ms.",
    ).tag(config=True, person=True)
    in_comments = Bool(True, help="Suggest while you type a comment.").tag(config=True, person=True)
    in_strings = Bool(True, help="Suggest while you type a string.").tag(config=True, person=True)
    announce = Bool(True, help="Read suggestions out to screen readers, each once.").tag(config=True, person=True)
    quiet_after_dismissals = Whole(
        3,
        min=0,
        max=1000,
        help="After this many Esc presses on a line, stop suggesting there until you ask with Alt+\\. 0: never stop.",
    ).tag(config=True, person=True)
    languages_off = List(Unicode(), help="Languages without completion, in lower case.").tag(config=True, person=True)
    paths_off = List(
        Unicode(),
        help="Notebooks, files and folders without completion: paths from the Jupyter root, with / as separator.",
    ).tag(config=True, person=True)
    opt_outs_bind = List(
        Unicode(),
        help="Notebooks and folders (paths from the Jupyter root) in which the opt-out of a notebook or a cell binds: "
        "the server reads it from the saved notebook, and JupyterLab offers no way to undo it.",
    ).tag(config=True)
    keep_traces = Bool(
        True, help="Keep figures about suggestions on this machine, without text, and learn thresholds from them."
    ).tag(config=True, person=True)
    traces_dir = Unicode(
        "", help="Folder for these figures. It must not be on a network drive. Empty: the user's data folder."
    ).tag(config=True)

    @property
    def n_prompt(self) -> int:
        """Most tokens of a local prompt where this machine's speed is not known, or is not to decide."""
        return self.prompt_tokens or LEAST_PROMPT_TOKENS

    @property
    def n_context(self) -> int:
        """Tokens of the local model's context for prompts of `n_prompt` tokens."""
        return self.context_for(self.n_prompt)

    def context_for(self, n_prompt: int) -> int:
        """Tokens of a context in which the prompt and the suggestion fit, with a quarter to spare."""
        needed = (n_prompt + self.max_tokens) * 5 // 4
        return self.context_tokens or max(_LEAST_CONTEXT, -(-needed // _CONTEXT_STEP) * _CONTEXT_STEP)

    @property
    def given(self) -> frozenset[str]:
        """Names that the configuration or the command line has set, to whatever value."""
        return frozenset(self._find_my_config(self.config)) & frozenset(self.trait_names(config=True))

    @validate("prompt_tokens", "context_tokens")
    def _long_enough(self, proposal: dict[str, Any]) -> int:
        value: int = proposal["value"]
        if 0 < value < _LEAST_SET_TOKENS:
            raise TraitError(f"{proposal['trait'].name} must be 0 or at least {_LEAST_SET_TOKENS}, not {value}")
        return value

    @validate("idle_unload_s")
    def _seconds_or_never(self, proposal: dict[str, Any]) -> float:
        value: float = proposal["value"]
        if 0 < value < _LEAST_UNLOAD_S:
            raise TraitError(f"idle_unload_s must be 0 (never) or at least {_LEAST_UNLOAD_S:g}, not {value:g}")
        return value

    @validate("models_dir", "traces_dir")
    def _existing_folder(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        path = Path(value).expanduser()
        if value and path.exists() and not path.is_dir():
            raise TraitError(f"{proposal['trait'].name} must be a folder, not the file {str(path)!r}")
        return value


def changed(settings: MCCom, **values: object) -> MCCom:
    """A copy of the settings with some values replaced. Raises SettingsError for a value that cannot be."""
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
