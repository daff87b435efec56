"""The tree is the architecture: import direction, homes of third parties, sizes, and what must not be there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_mccom"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "labextension" not in path.parts)
SOURCES = [*FILES, *sorted((ROOT / "labextension" / "src").rglob("*.ts*")), *sorted((ROOT / "tests").rglob("*.py"))]
ALLOWED = {
    "frame": set[str](),
    "types": {"frame"},
    "errors": set[str](),
    "put_in_place": set[str](),
    "regular_file": set[str](),
    "atomic_json": {"put_in_place", "regular_file"},
    "mccomignore": {"errors"},
    "agreement": set[str](),
    "protocols": {"agreement", "types"},
    "bounded": set[str](),
    "settings": {"bounded", "errors"},
    "configuration": {"bounded", "settings"},
    "way_out": set[str](),
    "cascade": {"agreement", "frame", "protocols", "types", "errors"},
    "process": {"errors"},
    "retrieval": {
        "frame",
        "process",
        "privacy",
        "protocols",
        "types",
        "errors",
        "mccomignore",
        "put_in_place",
        "regular_file",
    },
    "engines": {"process", "protocols", "types", "errors", "atomic_json", "way_out"},
    "models": {"types", "errors", "atomic_json", "way_out", "put_in_place", "regular_file"},
    "privacy": {"protocols", "types", "errors", "mccomignore"},
    "learning": {"agreement", "types", "errors", "put_in_place"},
    "compose": {
        "atomic_json",
        "cascade",
        "cloud",
        "learning",
        "privacy",
        "retrieval",
        "engines",
        "models",
        "settings",
        "protocols",
        "types",
        "errors",
        "way_out",
    },
    "cloud": {"engines", "protocols", "types", "errors", "atomic_json", "way_out"},
    "server": {
        "atomic_json",
        "compose",
        "cloud",
        "configuration",
        "models",
        "privacy",
        "settings",
        "types",
        "errors",
        "way_out",
    },
    "evaluation": {
        "agreement",
        "compose",
        "cascade",
        "learning",
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
        "cloud",
        "privacy",
        "demo",
        "cascade",
        "types",
        "settings",
        "errors",
        "server",
        "engines",
        "evaluation",
        "way_out",
    },
    "__main__": {"cli"},
    "demo": {"compose", "engines", "magics", "models", "settings"},
    "magics": {"cloud", "compose", "server", "settings", "types", "errors", "way_out"},
    "__init__": {"server", "magics", "_version"},
    "_version": set[str](),
}
HOMES = {
    "httpx": {
        "way_out.py",
        "engines/http.py",
        "engines/remote/cloud_failures.py",
        "models/hub.py",
        "magics/server.py",
        "cloud/checked_transport.py",
    },
    "IPython": {"__init__.py", "magics/extension.py", "magics/finding.py", "magics/verbs.py", "demo/tour.py"},
    "ipykernel": {"magics/finding.py"},
    "jupyter_events": {"server/events.py"},
    "jupyter_core": {"cli/settings_arguments.py", "compose/persons_cloud.py", "magics/server.py"},
    "xllamacpp": {"engines/local/xllamacpp_server.py"},
    "numpy": {"engines/local/llama_h.py", "retrieval/index.py"},
    "detect_secrets": {"privacy/secrets/entropy.py", "privacy/secrets/vendor_tokens.py"},
    "pathspec": {"mccomignore.py", "retrieval/project.py"},
    "parso": {"cascade/text/python.py"},
    "rank_bm25": {"retrieval/index.py"},
    "watchfiles": {"retrieval/worker.py"},
    "jupyter_client": {"evaluation/suites/kernels.py"},
    "anyio": {
        *("cascade/writing.py", "cloud/addresses.py", "cloud/found_servers.py", "cloud/trial.py", "engines/http.py"),
        *("engines/local/connection.py", "engines/local/turns.py", "retrieval/search.py", "retrieval/tree.py"),
    },
    "huggingface_hub": {"models/hub.py", "models/manifest.py"},
    "mlx": {"engines/local/mlx_model.py"},
    "mlx_lm": {"engines/local/mlx_model.py"},
    "tokenizers": {"engines/local/mlx_model.py"},
    "filelock": {"cloud/cloud_file.py", "models/weight_files.py", "compose/spent_file.py"},
    "keyring": {"cloud/key_store.py"},
    "platformdirs": {"models/store.py", "learning/trace_file.py"},
    "psutil": {
        *(
            "models/package_index.py",
            "engines/local/child.py",
            "engines/local/host.py",
            "engines/choosing/memory.py",
            "engines/choosing/measurements.py",
            "engines/choosing/power_and_memory.py",
        ),
        *(f"evaluation/lib/{name}.py" for name in ("cputime", "measured_on", "process_memory")),
        *("evaluation/typing/metered.py", "evaluation/suites/latency.py", "evaluation/suites/index_speed.py"),
    },
    "tqdm": {"cli/console.py"},
    "tornado": {"server/cloud_routes.py", "server/handler.py", "server/routes.py"},
    "jupyter_server": {"server/handler.py", "server/app.py"},
    "traitlets": {"bounded.py", "cli/settings_arguments.py", "configuration.py", "settings.py"},
}
N_FILE_LINES, N_FUNCTION_LINES, N_NAME_CHARS = 340, 40, 60


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of each file of the package."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


@pytest.fixture(scope="module", autouse=True)
def trees_are_dropped() -> Iterator[None]:
    """After this file the trees are gone: they are a million objects, which slow every collection of garbage."""
    yield
    trees.cache_clear()


def _role(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(tree: ast.Module) -> list[tuple[int, str]]:
    """(level, module) of each import; level 0 is absolute."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found += [(node.level, name) for name in names]
    return found


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _named_twice(places: list[tuple[str, str]]) -> set[str]:
    """The names among (name, file) that stand in more than one file."""
    files: dict[str, set[str]] = {}
    for name, file in places:
        files.setdefault(name, set()).add(file)
    return {name for name, found in files.items() if len(found) > 1}


def test_imports_point_in_one_direction() -> None:
    """A module imports only from its own folder and from the layers that ALLOWED names for it."""
    offenders = []
    for path, tree in trees().items():
        depth, role = len(path.relative_to(PACKAGE).parts), _role(path)
        ours = {module.split(".")[0] for level, module in _imports(tree) if level == depth}
        beyond = ours - ALLOWED[role] - ({role} if depth == 1 else set())
        offenders += [f"{path.relative_to(PACKAGE)} imports {name}" for name in sorted(beyond)]
    assert offenders == []


def test_each_third_party_has_one_home() -> None:
    """A library outside the standard one is imported only where HOMES says."""
    offenders = []
    for path, tree in trees().items():
        file = path.relative_to(PACKAGE).as_posix()
        theirs = {module.split(".")[0] for level, module in _imports(tree) if level == 0}
        strange = {name for name in theirs - set(sys.stdlib_module_names) if file not in HOMES.get(name, set())}
        offenders += [f"{file} imports {name}" for name in sorted(strange)]
    assert offenders == []


def test_files_and_functions_are_short() -> None:
    """A file has at most 340 lines, and a function of the package at most 40: what is longer has two roles."""
    offenders = []
    for path in SOURCES:
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        if n_lines > N_FILE_LINES:
            offenders.append(f"{path.relative_to(ROOT)}: {n_lines} lines")
    for path, tree in trees().items():
        long = [node for node in _functions(tree) if (node.end_lineno or 0) - node.lineno >= N_FUNCTION_LINES]
        offenders += [f"{path.relative_to(ROOT)}: {node.name}" for node in long]
    assert offenders == []


def test_names_are_unique() -> None:
    """No two modules and no two public classes of the package have one name."""
    modules = [(path.stem, str(path)) for path in FILES if path.name != "__init__.py"]
    classes = [
        (node.name, str(path))
        for path, tree in trees().items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert sorted(_named_twice(modules)) == []
    assert sorted(_named_twice(classes)) == []


def test_what_a_reader_meets_is_documented() -> None:
    """Each module has a docstring; each test has a short name and one docstring line that states the behaviour."""
    offenders = [
        str(path.relative_to(ROOT))
        for path, tree in trees().items()
        if path.name != "_version.py" and (path.name != "__init__.py" or path.parent == PACKAGE)
        if not ast.get_docstring(tree)
    ]
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            if node.name.startswith("test_"):
                n_lines = len((ast.get_docstring(node) or "").splitlines())
                if n_lines != 1 or len(node.name) > N_NAME_CHARS:
                    offenders.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert offenders == []


def test_importing_the_package_imports_nothing_heavy() -> None:
    """`import jupyter_mccom` leaves every large library to the function that needs it."""
    code = "import sys, jupyter_mccom; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"httpx", "tornado", "parso", "traitlets", "xllamacpp", "huggingface_hub", "numpy", "IPython"}
    assert not heavy & set(done.stdout.split())


def test_the_readme_shows_the_folders_as_they_are() -> None:
    """README.md's tree names each folder that holds sources or tests, and no other."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"(\w+)/", readme.partition("\n```text\njupyter_mccom/\n")[2].partition("```")[0]))
    folders = {path.parent for path in SOURCES} | {path.parent for path in (ROOT / "tests").rglob("*.*")}
    names = {folder.name for folder in folders if "_" not in folder.name}
    assert shown == names - {"tests"} | {"labextension", "src", "tests", "binder"}
