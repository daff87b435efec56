"""llama.h is used only where it is what is known of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_mccom.engines.local import llama_h
from jupyter_mccom.engines.local.llama_h import VERSION, LlamaH
from jupyter_mccom.errors import EngineError, EngineMissing
from jupyter_mccom.models.store import Store
from tests.conftest import SMALL


def _open(path: Path) -> LlamaH:
    return LlamaH(str(path), threads=1, context_tokens=256)


def test_the_version_is_the_one_that_is_installed_by_the_package() -> None:
    """The known version of xllamacpp is the one that pyproject.toml pins."""
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert re.findall(r'"xllamacpp==([\d.]+)"', pyproject) == [VERSION]


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of xllamacpp is refused."""
    monkeypatch.setattr(llama_h, "VERSION", "2026.1.1")
    with pytest.raises(EngineMissing, match=r"xllamacpp 2026\.1\.1"):
        _open(tmp_path)


def test_other_defaults_than_known_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults of llama.h that differ from the known ones are refused."""
    monkeypatch.setitem(llama_h._CONTEXT_DEFAULTS, "n_ctx", 513)
    with pytest.raises(EngineMissing, match="'n_ctx': 512"):
        _open(tmp_path)


def test_a_function_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that the library lacks is refused by name."""
    monkeypatch.setitem(llama_h._SYMBOLS, "no_such_function", (None, []))
    with pytest.raises(EngineMissing, match="llama_no_such_function"):
        _open(tmp_path)


def test_a_file_that_is_no_model_is_an_error_of_the_model(tmp_path: Path) -> None:
    """A file that is no model is an error of the model, not of the library."""
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF and nothing else")
    with pytest.raises(EngineError, match=re.escape(str(file))) as caught:
        _open(file)
    assert not isinstance(caught.value, EngineMissing)


def _going_on() -> bool:
    return False


def test_what_stands_behind_a_wrong_token_is_not_scored(models: Store) -> None:
    """Tokens behind the first wrong token of a draft are not scored."""
    model = _open(models.locate(SMALL))
    ids = model.encode("x = 1\ny = 2\nz =", special=True)
    (first,) = model.decode(ids, 0, 1, _going_on)
    (second,) = model.decode([first.token], len(ids), 1, _going_on)
    for drafted, n_scored in (([first.token, second.token], 3), ([first.token, second.token + 1], 2), ([0, 0], 1)):
        kept = model.keep(len(ids) - 1)
        choices = model.decode([ids[-1], *drafted], kept, 3, _going_on)
        assert [choice.token for choice in choices][:2] == [first.token, second.token][: len(choices)]
        assert len(choices) == n_scored
