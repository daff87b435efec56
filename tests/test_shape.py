"""The tree is the architecture: import direction, homes of third parties, sizes, and what must not be there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_mccom"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "labextension" not in path.parts)
SOURCES = [*FILES, *sorted((ROOT / "labextension" / "src").rglob("*.ts*")), *sorted((ROOT / "tests").rglob("*.py"))]
ALLOWED = {
    "types": set[str](),
    "errors": set[str](),
    "atomic_json": set[str](),
    "mccomignore": {"errors"},
    "protocols": {"types"},
    "settings": {"errors"},
    "cascade": {"protocols", "types", "errors"},
    "retrieval": {"protocols", "types", "errors", "mccomignore"},
    "engines": {"protocols", "types", "errors", "atomic_json"},
    "models": {"types", "errors", "atomic_json"},
    "privacy": {"protocols", "types", "errors", "mccomignore"},
    "learning": {"types", "errors"},
    "learnt": {"cascade", "learning", "models", "settings"},
    "compose": {
        "cascade",
        "learning",
        "learnt",
        "privacy",
        "retrieval",
        "engines",
        "models",
        "settings",
        "protocols",
        "types",
        "errors",
    },
    "server": {"compose", "learnt", "models", "settings", "types", "errors"},
    "evaluation": {
        "compose",
        "cascade",
        "learning",
        "learnt",
        "privacy",
        "settings",
        "protocols",
        "types",
        "errors",
        "server",
        "engines",
        "models",
        "retrieval",
    },
    "cli": {
        "compose",
        "learnt",
        "demo",
        "cascade",
        "types",
        "settings",
        "errors",
        "server",
        "engines",
        "evaluation",
    },
    "__main__": {"cli"},
    "demo": {"compose", "engines", "magics", "models", "settings"},
    "magics": {"compose", "server", "settings", "types", "errors"},
    "__init__": {"server", "magics", "_version"},
    "_version": set[str](),
}
HOMES = {
    "httpx": {
        "engines/http.py",
        "engines/remote/server_client.py",
        "engines/remote/cloud_client.py",
        "models/hub.py",
        "magics/server.py",
    },
    "IPython": {"__init__.py", "magics/extension.py", "magics/finding.py", "magics/verbs.py", "demo/tour.py"},
    "ipykernel": {"magics/finding.py"},
    "jupyter_core": {"magics/server.py", "settings.py"},
    "xllamacpp": {"engines/local/xllamacpp_server.py"},
    "numpy": {"engines/local/llama_h.py", "retrieval/index.py"},
    "detect_secrets": {"privacy/secrets.py"},
    "pathspec": {"mccomignore.py", "retrieval/project.py"},
    "parso": {"cascade/text/python.py"},
    "rank_bm25": {"retrieval/index.py"},
    "watchfiles": {"retrieval/worker.py"},
    "jupyter_client": {"evaluation/suites/kernels.py"},
    "anyio": {"cascade/writing.py", "engines/remote/server_client.py", "retrieval/search.py", "retrieval/tree.py"},
    "huggingface_hub": {"models/hub.py", "models/manifest.py"},
    "mlx": {"engines/local/mlx_model.py"},
    "mlx_lm": {"engines/local/mlx_model.py"},
    "tokenizers": {"engines/local/mlx_model.py"},
    "filelock": {"models/store.py"},
    "platformdirs": {"models/store.py", "learning/trace_file.py"},
    "psutil": {
        *("engines/local/host.py", "engines/choosing/memory.py", "engines/choosing/measurements.py"),
        *(f"evaluation/lib/{name}.py" for name in ("cputime", "measured_on")),
        *("evaluation/typing/metered.py", "evaluation/suites/latency.py", "evaluation/suites/index_speed.py"),
    },
    "tqdm": {"cli/main.py"},
    "tornado": {"server/routes.py"},
    "jupyter_server": {"server/routes.py", "server/app.py"},
    "traitlets": {"settings.py"},
}


def _role(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[tuple[int, str]]:
    """(level, module) of each import; level 0 is absolute."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found += [(node.level, name) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_in_one_direction(path: Path) -> None:
    depth = len(path.relative_to(PACKAGE).parts)
    ours = {module.split(".")[0] for level, module in _imports(path) if level == depth}
    assert ours <= ALLOWED[_role(path)] | ({_role(path)} if depth == 1 else set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_third_party_has_one_home(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    theirs = {module.split(".")[0] for level, module in _imports(path) if level == 0} - set(sys.stdlib_module_names)
    assert all(name in HOMES.get(module, set()) for module in theirs), theirs


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_over_340_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 340


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_are_short_and_public_things_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if path.name != "__init__.py" or path.parent == PACKAGE:
        assert path.name == "_version.py" or ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, jupyter_mccom; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"httpx", "tornado", "parso", "traitlets", "xllamacpp", "huggingface_hub", "numpy", "IPython"}
    assert not heavy & set(done.stdout.split())


def test_the_readme_shows_the_folders_as_they_are() -> None:
    """The README's tree names the folders of the package, and the tree below it is the one on disk."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme.partition("```text\njupyter_mccom/\n")[2].partition("```")[0]
    shown = set(re.findall(r"(\w+)/", tree))
    folders = {path.parent for path in SOURCES if path.parent.parent in (PACKAGE, ROOT / "labextension" / "src")}
    assert [folder.name for folder in sorted(folders) if folder.name not in shown] == []
