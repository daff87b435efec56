"""`jupyter mccom …`: pull, remove, complete, status, serve and demo. Bad input is one line on stderr and exit 2."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .errors import InputError, MCComError
from .settings import MCCom, changed

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point. Returns 0, 1 when nothing could be done, 2 for bad input, 130 after Ctrl-C."""
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.command != "demo":
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except InputError as error:
        return _complain(error, 2)
    except MCComError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130


def _complain(error: Exception, status: int) -> int:
    print(f"jupyter mccom: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter mccom", description="Code completion by a small local model.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        sub.add_argument("--models-dir", default="", help="folder of the model files")
        return sub

    pull = command("pull", _pull, "Download a model, verify it, and put it where JupyterLab finds it.")
    pull.add_argument("model", nargs="?", default="", help="id of the model; none: the default one")
    command("remove", _remove, "Delete a model's files.").add_argument("model", help="id of the model")
    complete = command("complete", _complete, "Print the suggestion at a position.")
    complete.add_argument("position", metavar="FILE[:LINE[:COL]]", help="lines and columns from 1; none: the end")
    complete.add_argument("--cell", type=int, help="cell of a notebook, from 0; none: the last")
    complete.add_argument("--invoke", action="store_true", help="ask as Alt+\\ does")
    complete.add_argument("--model", default="", help="id or path of the local model")
    complete.add_argument("--json", action="store_true", help="print all that is known about it")
    status = command("status", _status, "Print engine, model and totals.")
    status.add_argument("--model", default="", help="id or path of the local model")
    status.add_argument("--json", action="store_true", help="print JSON")
    bench = command("bench", _bench, "Measure; prints JSON.")
    bench.add_argument("--suite", choices=["latency"], default="latency", help="what to measure")
    bench.add_argument("--n", type=int, default=60, help="how many positions")
    bench.add_argument("--model", default="", help="id or path of the local model")
    serve = command("serve", _serve, "Run a llama.cpp server for this machine.")
    serve.add_argument("--model", default="", help="id or path of the model")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; others than loopback need --key-file")
    serve.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    serve.add_argument("--key-file", type=Path, help="file that holds the API key; none: a random key is printed")
    serve.add_argument("--draft", choices=["ngram-mod"], default="", help="let clients seed drafts (2 slots)")
    command("demo", _demo, "Open the demo notebook in JupyterLab; further options go to `jupyter lab`.")
    return parser


def _settings(arguments: argparse.Namespace) -> MCCom:
    values = {"models_dir": arguments.models_dir, "model": getattr(arguments, "model", "")}
    return changed(MCCom(), **{name: value for name, value in values.items() if value})


def _pull(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from .compose import open_store

    settings = _settings(arguments)
    store = open_store(settings)
    model = store.entry(settings.model)
    with tqdm(total=model.n_bytes, unit="B", unit_scale=True, desc=model.id, disable=None) as bar:
        path = store.pull(
            model.id,
            progress=lambda done, _: bar.update(done - bar.n) and None,
            note=lambda message: tqdm.write(message, file=sys.stderr),
        )
    print(path)
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from .compose import open_store

    open_store(_settings(arguments)).remove(arguments.model)
    return 0


def _complete(arguments: argparse.Namespace) -> int:
    from .position import request_at

    request = request_at(arguments.position, arguments.cell, invoke=arguments.invoke)

    async def run() -> dict[str, Any]:
        from .compose import open_cascade

        opened = open_cascade(_settings(arguments))
        try:
            async for _ in opened.cascade.complete(request):
                pass
            trace = opened.cascade.journal.traces[-1]
        finally:
            await opened.aclose()
        n_tokens = sum(len(generation.tokens) for generation in trace.generations)
        return {
            "text": trace.text,
            "origin": trace.origin,
            "route": asdict(trace.route),
            "engine": trace.generations[-1].engine,
            "tokens": n_tokens,
            "draft": None,
            "hits": None,
            "stage_s": trace.stage_s,
        }

    answer = asyncio.run(run())
    print(json.dumps(answer, ensure_ascii=False) if arguments.json else answer["text"])
    return 0


def _status(arguments: argparse.Namespace) -> int:
    async def run() -> dict[str, Any]:
        from .compose import open_cascade
        from .server.status import status_of

        opened = open_cascade(_settings(arguments))
        try:
            return status_of(opened, enabled=True)
        finally:
            await opened.aclose()

    status = asyncio.run(run())
    if arguments.json:
        print(json.dumps(status))
        return 0
    print(f"{status['state']}: {status['detail']}")
    print(f"engine {status['engine']}, {status['threads']} threads; the cloud is off")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from .evaluation.latency import measure

    print(json.dumps(measure(_settings(arguments), arguments.n), indent=2))
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    import signal
    import threading

    from .compose import open_store
    from .engines.host import default_threads
    from .engines.llama_server import start

    if arguments.host not in _LOOPBACK and arguments.key_file is None:
        raise InputError(f"{arguments.host} can be reached from other machines; give a key with --key-file")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _check_port(arguments.host, arguments.port)
    key = _key(arguments.key_file)
    settings = _settings(arguments)
    path = open_store(settings).locate(settings.model)
    try:
        server = start(
            path=str(path),
            key=key,
            threads=default_threads(),
            context_tokens=settings.context_tokens,
            host=arguments.host,
            port=arguments.port,
            slots=2 if arguments.draft else 1,
            draft=arguments.draft,
        )
    except RuntimeError as error:
        raise InputError(f"the server did not start ({error}); try another model or --port 0") from error
    shown = "from the key file" if arguments.key_file else key
    print(f"{settings.model} at {server.listening_address}, key {shown}", flush=True)
    stopped.wait()
    return 0


def _check_port(host: str, port: int) -> None:
    import socket

    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise InputError(f"port {port} of {host} is taken or not ours ({error.strerror}); try --port 0") from error


def _key(key_file: Path | None) -> str:
    if key_file is None:
        return secrets.token_urlsafe(32)
    try:
        key = key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"the key file cannot be read ({error.strerror}); check {str(key_file)!r}") from error
    if not key:
        raise InputError(f"the key file {str(key_file)!r} is empty; write a key into it")
    return key


def _demo(arguments: argparse.Namespace) -> int:
    import os
    import shutil
    import subprocess
    import tempfile

    arguments.model = ""
    _pull(arguments)
    folder = Path(tempfile.mkdtemp(prefix="mccom-demo-"))
    shutil.copy(demo_notebook(), folder / "demo.ipynb")
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/demo.ipynb", *arguments.rest]
    if arguments.models_dir:
        command.append(f"--MCCom.models_dir={arguments.models_dir}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return subprocess.call(command, cwd=folder)


def demo_notebook() -> Path:
    """The demo notebook: in the package when it is installed, in `binder/` in a checkout."""
    here = Path(__file__).parent
    installed = here / "demo.ipynb"
    return installed if installed.exists() else here.parent / "binder" / "demo.ipynb"


if __name__ == "__main__":
    sys.exit(main())
