"""What a wheel and an sdist must hold, and must not: `python -m tests.package_content dist`.

The workflows call it after a build; `--release` also asks for what only a published package needs.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).parents[1]
NAME = "jupyter-mccom"
_EXTENSION = "share/jupyter/labextensions/jupyter-mccom"
IN_WHEEL = (
    "jupyter_mccom/py.typed",
    "jupyter_mccom/_version.py",
    *(f"jupyter_mccom/demo/{name}" for name in ("demo.ipynb", "weather.csv", "weather.py")),
    *(f"jupyter_mccom/evaluation/seeded/{name}.txt" for name in ("open", "apart", "surroundings")),
    "etc/jupyter/jupyter_server_config.d/jupyter_mccom.json",
    f"{_EXTENSION}/install.json",
    f"{_EXTENSION}/package.json",
    f"{_EXTENSION}/schemas/jupyter-mccom/plugin.json",
    f"{_EXTENSION}/static/style.js",
    "licenses/LICENSE",
    "entry_points.txt",
)
IN_SDIST = (
    *("LICENSE", "README.md", "pyproject.toml", "PKG-INFO", "binder/demo.ipynb", "jupyter_mccom/py.typed"),
    *("jupyter_mccom/etc/jupyter_mccom.json", "jupyter_mccom/labextension/static/style.js"),
    *("labextension/package.json", "labextension/yarn.lock", "labextension/src/index.ts"),
    *("labextension/schema/plugin.json", "labextension/style/index.css"),
)
NOT_IN_WHEEL = ("tests/", "labextension/", "binder/", "jupyter_mccom/labextension/", "jupyter_mccom/etc/")
NOT_IN_SDIST = ("labextension/node_modules/", "labextension/lib/", "labextension/.yarn/", "shared/", ".venv/")


def sources() -> set[str]:
    """Every module, and every text for people inside the package, as this checkout has them."""
    package = ROOT / "jupyter_mccom"
    found = [path for suffix in ("py", "md") for path in package.rglob(f"*.{suffix}") if path.name != "_version.py"]
    return {path.relative_to(ROOT).as_posix() for path in found if "labextension" not in path.parts}


def faults_of_wheel(names: Collection[str], modules: Collection[str]) -> list[str]:
    """What is wrong with a wheel's list of files, as lines for people."""
    ends = [name.partition(".data/data/")[2] or name.partition(".dist-info/")[2] or name for name in names]
    return [*_lacking(ends, {*IN_WHEEL, *modules}), *_too_much(names, NOT_IN_WHEEL)]


def faults_of_sdist(names: Collection[str], modules: Collection[str]) -> list[str]:
    """The faults of an sdist, given the names in its one folder."""
    return [*_lacking(names, {*IN_SDIST, *modules}), *_too_much(names, NOT_IN_SDIST)]


def faults_of_metadata(metadata: Metadata) -> list[str]:
    """What a package index would refuse, or show an empty page for."""
    faults = licence_faults(metadata.license_expression or "", metadata.classifiers or ())
    if not metadata.description:
        faults.append("there is no long description; set project.readme")
    return faults


def faults_of_release(metadata: Metadata) -> list[str]:
    """What nobody has filled in yet: where the package is developed, and what is marked in the texts for people."""
    faults = [] if metadata.project_urls else ["there is no project URL; fill in [project.urls] in pyproject.toml"]
    unfilled = [path for path in sorted((ROOT / ".github").glob("*.md")) if "FILL IN" in path.read_text("utf-8")]
    return [*faults, *(f"a placeholder stands in {path.relative_to(ROOT).as_posix()}; fill it in" for path in unfilled)]


def licence_faults(expression: str, classifiers: Collection[str]) -> list[str]:
    """PEP 639: a package index refuses a licence classifier beside a licence expression."""
    faults = [] if expression else ["there is no licence expression; set project.license"]
    doubled = [classifier for classifier in classifiers if classifier.startswith("License ::")]
    return [*faults, *(f"{classifier!r} repeats project.license; delete the classifier" for classifier in doubled)]


def _lacking(names: Collection[str], needed: Collection[str]) -> list[str]:
    return [f"{name} is missing" for name in sorted(set(needed) - set(names))]


def _too_much(names: Collection[str], forbidden: Sequence[str]) -> list[str]:
    return [f"{name} does not belong there" for name in sorted(names) if name.startswith(tuple(forbidden))]


def faults_of_folder(folder: Path, *, release: bool) -> list[str]:
    """The faults of the one wheel and the one sdist that a build has left in a folder."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if (len(wheels), len(sdists)) != (1, 1):
        return [f"{folder} holds {len(wheels)} wheels and {len(sdists)} sdists; build one of each into an empty folder"]
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        told = Metadata.from_email(wheel.read(metadata))
    with tarfile.open(sdists[0]) as sdist:
        inside = [name.partition("/")[2] for name in sdist.getnames()]
    found = {
        wheels[0].name: [*faults_of_wheel(names, sources()), *faults_of_metadata(told)],
        sdists[0].name: faults_of_sdist(inside, sources()),
        "release": faults_of_release(told) if release else [],
    }
    return [f"{name}: {fault}" for name, faults in found.items() for fault in faults]


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what is wrong, a line each; returns 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m tests.package_content", description="Checks a wheel and an sdist.")
    parser.add_argument("folder", type=Path, help="where `python -m build` left them")
    parser.add_argument("--release", action="store_true", help="also ask for what a published package needs")
    arguments = parser.parse_args(argv)
    faults = faults_of_folder(arguments.folder, release=arguments.release)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
