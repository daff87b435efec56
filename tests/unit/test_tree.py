"""The project's index in its own process: what it answers, how it is started again, and that none stays behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.retrieval.tree import TreeStatus
from tests.trees import (
    PATIENCE_S,
    eventually,
    function,
    open_tree,
    ready,
    small_project,
    sources,
    until,
    workers,
    write,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert workers() == []


async def test_finds_files_and_notebooks_of_the_project(root: Path) -> None:
    """A search finds files and notebooks of the project with their lines."""
    async with open_tree(root) as tree:
        status = await ready(tree)
        assert (status.n_documents, status.detail) == (7, "")
        assert status.n_chunks >= 7
        first, second = await tree.search("open.ipynb", ["load_prices", "clean_weather"], 5)
        ((chunk, score),) = first
        assert (chunk.source, chunk.first_line, chunk.last_line) == ("prices.py", 1, 3)
        assert chunk.text == function("load_prices").rstrip()
        assert score > 0
        assert [chunk.source for chunk, _ in second] == ["n.ipynb cell 1"]


async def test_leaves_the_document_itself_out(root: Path) -> None:
    """A search leaves out the document that asks."""
    async with open_tree(root) as tree:
        await ready(tree)
        assert await sources(tree, "load_prices", "prices.py") == []
        assert await sources(tree, "clean_weather", "n.ipynb") == []
        assert await sources(tree, "clean_weather", "prices.py") == ["n.ipynb cell 1"]


async def test_sleeps_until_it_is_asked_and_searches_while_it_indexes(root: Path) -> None:
    """The index starts at its first question and answers while it reads files."""
    async with open_tree(root) as tree:
        assert tree.status == TreeStatus(state="asleep")
        assert workers() == []
        assert await sources(tree, "load_prices") in ([], ["prices.py"])
        assert await until(tree, "load_prices", ["prices.py"]) == ["prices.py"]


async def test_projects_are_apart_and_more_of_them_than_fit_take_turns(root: Path) -> None:
    """Projects are kept apart, and more of them than fit take turns."""
    for name in ("one", "two", "three"):
        (root / name / ".git").mkdir(parents=True)
        write(root, {f"{name}/{name}.py": function(f"from_{name}"), f"{name}/other.py": function("rest")})
        write(root, {f"{name}/more{n}.py": function(f"more_{n}") for n in range(3)})
    async with open_tree(root) as tree:
        for name in ("one", "two", "three", "one"):
            status = await ready(tree, f"{name}/open.ipynb")
            assert status.n_documents == 5
            assert await sources(tree, f"from_{name}", f"{name}/open.ipynb") == [f"{name}.py"]
        assert await sources(tree, "from_two", "one/open.ipynb") == []
        assert len(workers()) == 1


async def test_a_persons_module_shadows_no_library(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's module is not taken for one of the standard library."""
    write(root, {"json.py": "raise SystemExit(7)\n"})
    monkeypatch.chdir(root)
    async with open_tree(root) as tree:
        assert await until(tree, "load_prices", ["prices.py"]) == ["prices.py"]


async def test_a_project_root_that_is_set_bounds_everything(root: Path) -> None:
    """Nothing outside a project_root that is set is found."""
    write(root.parent, {"outside.py": function("elsewhere"), ".git/HEAD": ""})
    write(root, {"sub/a.py": function("sub_word")})
    async with open_tree(root, project_root=str(root)) as tree:
        await ready(tree, "sub/open.ipynb")
        assert await sources(tree, "sub_word", "sub/open.ipynb") == ["sub/a.py"]
        assert await sources(tree, "sub_word", "sub/a.py") == []
        assert await sources(tree, "elsewhere", "sub/open.ipynb") == []


async def test_a_document_without_a_project_is_an_error_and_a_status(root: Path) -> None:
    """A document outside every project is an error, and the status says so."""
    async with open_tree(root) as tree:
        with pytest.raises(RetrievalError, match="outside"):
            await tree.search("../a.ipynb", ["x"], 5)
        await tree.begin("../a.ipynb")
        assert tree.status.state == "trouble"
        assert "outside" in tree.status.detail
        assert (await ready(tree)).state == "ready"


async def test_a_cancelled_search_leaves_it_usable(root: Path) -> None:
    """A cancelled search leaves the index usable."""
    async with open_tree(root) as tree:
        await ready(tree)
        (process,) = workers()
        process.suspend()
        search = asyncio.create_task(sources(tree, "load_prices"))
        await asyncio.sleep(0.1)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        process.resume()
        assert await sources(tree, "clean_weather") == ["n.ipynb cell 1"]


async def test_answers_belong_to_their_questions(root: Path) -> None:
    """Many questions at once get each its own answer."""
    words = [f"unrelated_{n}" for n in range(5)] * 20
    async with open_tree(root) as tree:
        await ready(tree)
        found = await asyncio.gather(*(sources(tree, word) for word in words))
        assert [first for first, *_ in found] == [f"filler{word[-1]}.py" for word in words]


async def test_an_answer_may_be_longer_than_a_pipe_holds(root: Path) -> None:
    """An answer may be longer than a pipe holds."""
    write(root, {f"long{n}.py": f"long_word = '{n} {'é' * 300}'\n" * 3 for n in range(400)})
    write(root, {f"more{n}.py": function(f"more_{n}") for n in range(450)})
    async with open_tree(root) as tree:
        await ready(tree)
        (found,) = await tree.search("open.ipynb", ["long_word"], 400)
        assert len(found) == 400
        assert sum(len(chunk.text) for chunk, _ in found) > 1 << 18


async def test_a_worker_killed_during_a_search_is_started_again(root: Path) -> None:
    """When the worker is killed, running searches fail and the next one starts it again."""
    async with open_tree(root) as tree:
        await ready(tree)
        (process,) = workers()
        process.suspend()
        searches = [asyncio.create_task(sources(tree, "load_prices")) for _ in range(3)]
        await asyncio.sleep(0.1)
        process.kill()
        for search in searches:
            with pytest.raises(RetrievalError, match="-9"):
                await search
        assert tree.status.state == "trouble"
        assert await until(tree, "load_prices", ["prices.py"]) == ["prices.py"]
        assert (await ready(tree)).state == "ready"


@pytest.mark.thorough
async def test_of_too_many_files_the_first_20_000_are_searched(root: Path) -> None:
    """A project of too many files has its first 20 000 searched, and the status says so."""
    for folder in range(21):
        (root / f"f{folder}").mkdir()
        for number in range(1000):
            (root / f"f{folder}" / f"m{number}.py").write_bytes(b"value = 1\n")
    async with open_tree(root) as tree:
        status = await ready(tree)
        assert status.n_documents == 20_000
        assert "20,000" in status.detail
        assert "project_root" in status.detail
        assert await sources(tree, "load_prices") == ["prices.py"]


async def test_a_worker_that_hangs_is_started_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped worker is sent no more than it may be, found out although nobody waits for it, and replaced."""
    monkeypatch.setattr("jupyter_mccom.retrieval.tree._HUNG_S", 1.0)
    monkeypatch.setattr("jupyter_mccom.retrieval.tree._MAX_UNHEARD", 20)
    async with open_tree(root) as tree:
        await ready(tree)
        (hung,) = workers()
        hung.suspend()
        for _ in range(25):
            await tree.begin("open.ipynb")
        assert "is behind with 20 requests" in tree.status.detail
        await asyncio.sleep(1.1)
        with pytest.raises(RetrievalError, match="hung for"):
            await tree.search("open.ipynb", ["load_prices"], 5)
        await eventually(lambda: tree.status.state == "trouble" and workers() == [])
        assert await until(tree, "load_prices", ["prices.py"]) == ["prices.py"]


async def test_a_worker_that_keeps_dying_is_started_later(root: Path) -> None:
    """A worker that dies again and again is started after a pause."""
    async with open_tree(root) as tree:
        for _ in range(2):
            await tree.begin("open.ipynb")
            (process,) = workers()
            process.kill()
            await eventually(lambda: tree.status.state == "trouble")
        with pytest.raises(RetrievalError, match="wait 1 s"):
            await tree.search("open.ipynb", ["load_prices"], 5)
        assert workers() == []


async def test_closing_ends_the_worker_and_what_waits_for_it(root: Path) -> None:
    """Closing ends the worker and the searches that wait for it."""
    async with open_tree(root) as tree:
        await ready(tree)
        (process,) = workers()
        process.suspend()
        search = asyncio.create_task(sources(tree, "load_prices"))
        await asyncio.sleep(0.1)
        closing = asyncio.create_task(tree.aclose())
        await asyncio.sleep(0.1)
        process.resume()
        await closing
        await asyncio.gather(search, return_exceptions=True)
        assert not process.is_running()
        with pytest.raises(RetrievalError, match="closed"):
            await sources(tree, "load_prices")


async def test_closing_kills_a_worker_that_does_not_listen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing kills a worker that does not listen."""
    monkeypatch.setattr("jupyter_mccom.process.program._STOP_S", 0.2)
    async with open_tree(root) as tree:
        await ready(tree)
        (process,) = workers()
        process.suspend()
        await tree.aclose()
        assert not process.is_running()


async def test_closing_while_it_starts_leaves_no_process(root: Path) -> None:
    """Closing while the worker starts leaves no process."""
    async with open_tree(root) as tree:
        begun = asyncio.create_task(tree.begin("open.ipynb"))
        for _ in range(5):
            await asyncio.sleep(0)
        await tree.aclose()
        await begun
        assert workers() == []


def test_the_worker_ends_when_its_parent_is_killed(root: Path) -> None:
    """The worker ends when its parent is killed."""
    code = f"""
import asyncio
from pathlib import Path
from jupyter_mccom.retrieval.tree import ProjectTree
async def main():
    tree = ProjectTree(jupyter_root=Path({str(root)!r}), project_root="", cache_dir=Path({str(root)!r}) / "cache")
    await tree.search("open.ipynb", ["x"], 5)
    print("started", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        (process,) = workers(psutil.Process(parent.pid))
        parent.kill()
    _, alive = psutil.wait_procs([process], timeout=PATIENCE_S)
    assert alive == []
