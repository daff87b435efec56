"""What is published, without building it: the licence, and the check that the workflows run on a build."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import package_content
from tests.package_content import IN_SDIST, IN_WHEEL, ROOT, licence_faults, main, sources

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
METADATA = "Metadata-Version: 2.4\nName: jupyter-mccom\nVersion: 1\nLicense-Expression: MIT\n\nA description.\n"


def _build(folder: Path, *, without: str = "", beside: str = "", metadata: str = METADATA) -> None:
    """Leaves a wheel and an sdist of empty files in a folder; `without` and `beside` name a file of the wheel."""
    data, info = "jupyter_mccom-1.data/data/", "jupyter_mccom-1.dist-info/"
    starts = {"share": data, "etc": data, "licenses": info, "entry_points.txt": info}
    names = {starts.get(name.partition("/")[0], "") + name for name in {*IN_WHEEL, *sources()} - {without}}
    with zipfile.ZipFile(folder / "jupyter_mccom-1-py3-none-any.whl", "w") as wheel:
        for name in {*names, beside} - {""}:
            wheel.writestr(name, "")
        wheel.writestr(f"{info}METADATA", metadata)
    with tarfile.open(folder / "jupyter_mccom-1.tar.gz", "w:gz") as sdist:
        for name in {*IN_SDIST, *sources()}:
            sdist.addfile(tarfile.TarInfo(f"jupyter_mccom-1/{name}"), io.BytesIO())


def test_licence_stated_once() -> None:
    """The project states its licence as an expression, and no classifier repeats it."""
    assert licence_faults(PROJECT["license"], PROJECT["classifiers"]) == []


def test_licence_twice_refused() -> None:
    """A licence classifier beside the expression is a fault, as it is for a package index."""
    (fault,) = licence_faults("MIT", ["License :: OSI Approved :: MIT License"])
    assert "'License :: OSI Approved :: MIT License'" in fault


def test_whole_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A build with everything in it passes and nothing is printed."""
    _build(tmp_path)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name", ["jupyter_mccom/py.typed", "jupyter_mccom/demo/demo.ipynb", "jupyter_mccom/cli/serve.py"]
)
def test_file_lacking(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that the wheel lacks is named, and the exit status is 1."""
    _build(tmp_path, without=name)
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"jupyter_mccom-1-py3-none-any.whl: {name} is missing\n"


def test_file_too_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A test in the wheel is named."""
    _build(tmp_path, beside="tests/test_cli.py")
    assert main([str(tmp_path)]) == 1
    assert "tests/test_cli.py" in capsys.readouterr().out


@pytest.mark.parametrize("filled", [True, False])
def test_release_is_filled_in(
    filled: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release needs a project URL and no placeholder in the texts for people."""
    monkeypatch.setattr(package_content, "ROOT", tmp_path)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "SECURITY.md").write_text("Write to us." if filled else "FILL IN: an address")
    url = "Project-URL: Homepage, https://example.invalid\n" if filled else ""
    _build(tmp_path, metadata=METADATA.replace("\n\n", f"\n{url}\n"))
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--release"]) == (0 if filled else 1)
    said = capsys.readouterr().out
    assert ("[project.urls]" in said, "SECURITY.md" in said) == (not filled, not filled)


def test_no_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder is a fault that says what to do."""
    assert main([str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().out
