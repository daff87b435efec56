"""A small project in a folder, and its tree."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from jupyter_mccom.retrieval.tree import ProjectTree, TreeStatus

PATIENCE_S = 30.0


def function(name: str) -> str:
    return f"def {name}(path):\n    table = open(path)\n    return table\n"


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def write(root: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def small_project(tmp_path: Path) -> Path:
    """Seven documents, five of them there to make the words of the others rare."""
    root = tmp_path / "project"
    write(root, {f"filler{n}.py": function(f"unrelated_{n}") for n in range(5)})
    write(root, {"prices.py": function("load_prices"), "n.ipynb": notebook("x = 1", function("clean_weather"))})
    return root


@asynccontextmanager
async def open_tree(root: Path, project_root: str = "") -> AsyncGenerator[ProjectTree, None]:
    tree = ProjectTree(jupyter_root=root, project_root=project_root, cache_dir=root.parent / "cache")
    try:
        yield tree
    finally:
        await tree.aclose()


async def ready(tree: ProjectTree, document: str = "open.ipynb") -> TreeStatus:
    await tree.begin(document)
    await eventually(lambda: tree.status.state == "ready")
    return tree.status


async def eventually(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < end_s:
        await asyncio.sleep(0.02)


async def sources(tree: ProjectTree, query: str, document: str = "open.ipynb") -> list[str]:
    (found,) = await tree.search(document, [query], 5)
    return [chunk.source for chunk, _ in found]


async def until(tree: ProjectTree, query: str, expected: list[str]) -> list[str]:
    """The sources as soon as they are the expected ones, else those of the end of the patience."""
    end_s = time.monotonic() + PATIENCE_S
    while (found := await sources(tree, query)) != expected and time.monotonic() < end_s:
        await asyncio.sleep(0.02)
    return found


def workers(of: psutil.Process | None = None) -> list[psutil.Process]:
    children = (of or psutil.Process()).children(recursive=True)
    return [child for child in children if "jupyter_mccom.retrieval.worker" in child.cmdline()]
