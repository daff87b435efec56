"""The commands of `jupyter mccom`. Bad input prints one line on stderr and exits with 2."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MCComError
from ..settings import AUTO, MCCom, changed
from ..types import CompletionRequest, Hit, Origin, Outcome, Route, Trace
from .cloud_commands import add_cloud_commands, run_cloud
from .console import be_lenient, note, progress_bar
from .settings_arguments import from_arguments

if TYPE_CHECKING:
    from ..cascade.pipeline import Cascade
    from ..compose import OpenCascade


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point. Returns 0, 1 when nothing could be done, 2 for bad input, 130 after Ctrl-C."""
    be_lenient()
    arguments, rest = _parser().parse_known_args(argv)
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
    parser = argparse.ArgumentParser(
        prog="jupyter mccom",
        description="Complete code with a small local model, and with a large cloud model where one is configured.",
        epilog="Every command takes settings as --MCCom.name=value. The README lists them.",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        sub.add_argument("--models-dir", default="", help="folder for model files")
        return sub

    pull = command("pull", _pull, "Download a model and verify it.")
    pull.add_argument("model", nargs="?", default="", help="id of the model (default: the configured model)")
    command("remove", _remove, "Delete a model's files.").add_argument("model", help="id of the model")
    complete = command("complete", _complete, "Print the suggestion at a position, however unsure.")
    complete.add_argument(
        "position",
        metavar="FILE[:LINE[:COL]]",
        help="line and column count from 1 (default: the end of the file or cell)",
    )
    complete.add_argument("--cell", type=int, help="cell of a notebook, counted from 0 (default: the last)")
    complete.add_argument("--invoke", action="store_true", help="ask the cloud at once, as pressing Alt+\\ twice does")
    complete.add_argument(
        "--reject", metavar="TEXT", help="pretend that the local text was shown and that you typed TEXT instead"
    )
    complete.add_argument("--model", default="", help="id or path of the local model")
    complete.add_argument("--json", action="store_true", help="print everything known about the suggestion, as JSON")
    _add_others(command)
    return parser


MEASURED = "qwen2.5-coder-0.5b"
"""What a benchmark measures unless it is told a model."""
SUITES = (
    *("latency", "keystrokes", "cascade", "notebooks", "infill", "thresholds", "retrieval", "layouts", "healing"),
    *("kernels", "drafts", "chat", "outages", "cloud-lengths", "rejections", "speculation", "engines", "rules"),
    *("context", "search", "peers", "secrets", "secrets-apart", "masking", "humaneval", "lengths", "afterwards"),
    *("empty-cells", "midline", "invented", "columns", "auto", "memory", "base", "first-use", "readme"),
)


def _add_others(command: Callable[..., argparse.ArgumentParser]) -> None:
    status = command("status", _status, "Print the engine, the model, the thresholds, and what leaves this machine.")
    status.add_argument("--model", default="", help="id or path of the local model")
    status.add_argument("--json", action="store_true", help="print JSON")
    learn = command("learn", _learn, "Learn thresholds from the results of `bench --suite thresholds --out DIR`.")
    learn.add_argument("folder", type=Path, help="the folder DIR of that benchmark")
    learn.add_argument("--model", default="", help="id or path of the local model")
    command("forget", _forget, "Delete everything kept about your suggestions, also while a server runs.")
    bench = command("bench", _bench, "Run a benchmark on this machine.")
    bench.add_argument("--suite", choices=SUITES, default="latency", help="what to measure")
    bench.add_argument("--n", type=int, help="number of positions (default: as many as the suite needs)")
    bench.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of notebooks and repositories")
    bench.add_argument(
        "--seed",
        type=int,
        help="seed that draws the positions (default: 1; another each time where secrets are made up)",
    )
    bench.add_argument("--keys-a-minute", type=float, default=240, help="typing speed (suite keystrokes)")
    bench.add_argument(
        "--replays", choices=["local", "goals", "ahead", "all"], default="all", help="what to replay (suite keystrokes)"
    )
    bench.add_argument("--against", type=Path, help="results to compare with (suites keystrokes and engines)")
    bench.add_argument(
        "--out", type=Path, help="folder for results and report.html; an interrupted run continues there"
    )
    bench.add_argument("--model", default="", help="id or path of the local model")
    serve = command("serve", _serve, "Serve a model with llama.cpp, for this machine or for others.")
    serve.add_argument("--model", default="", help="id or path of the model")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; any address but loopback needs --key-file"
    )
    serve.add_argument("--port", type=int, default=0, help="port (0: any free port)")
    serve.add_argument("--key-file", type=Path, help="file that holds the API key (default: a random key is printed)")
    serve.add_argument("--users", type=int, default=1, help="people who type at the same time: each's prompt is kept")
    serve.add_argument("--draft", choices=["ngram-mod"], default="", help="let clients send drafts (uses 2 slots)")
    about = "Set up a cloud: a large model elsewhere, asked when the local one is unsure."
    add_cloud_commands(command("cloud", run_cloud, about))
    command("demo", _demo, "Open the demo notebook in JupyterLab. Further options are passed to `jupyter lab`.")


def _settings(arguments: argparse.Namespace) -> MCCom:
    values = {"models_dir": arguments.models_dir, "model": getattr(arguments, "model", "")}
    as_the_server, demo = arguments.command != "bench", arguments.command == "demo"
    given = MCCom() if demo else from_arguments(arguments.rest, as_the_server=as_the_server)
    found = changed(given, **{name: value for name, value in values.items() if value})
    measures = arguments.command in ("bench", "learn") and found.model == AUTO
    return changed(found, model=MEASURED) if measures else found


def _opened(
    arguments: argparse.Namespace, *, jupyter_root: Path | None = None, traces: Path | None = None
) -> OpenCascade:
    """A cascade, with the cloud that the person has set up. Waits for the key: one call is all that follows."""
    from ..compose import default_spent_file, open_for_person, open_set_up, why_not_persons

    given = from_arguments(arguments.rest, as_the_server=True)
    set_up = None if why_not_persons(given, given.given) else open_set_up(given)
    if set_up is not None and set_up.held is not None:
        set_up.held.key.wait()
    spent = default_spent_file()
    return open_for_person(_settings(arguments), set_up, jupyter_root=jupyter_root, traces=traces, spent=spent)


def _pull(arguments: argparse.Namespace) -> int:
    from ..compose import open_store, wanted_model

    settings = _settings(arguments)
    store = open_store(settings)
    wanted = wanted_model(settings)
    model = store.wanted(wanted)

    with progress_bar(total=model.n_bytes, unit="B", unit_scale=True, desc=model.family) as bar:
        path = store.pull(
            wanted,
            progress=lambda done, _: bar.update(done - bar.n) and None,
            note=note,
        )
    print(path)
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from ..compose import open_store

    open_store(_settings(arguments)).remove(arguments.model)
    return 0


def _complete(arguments: argparse.Namespace) -> int:
    from ..server.messages import message
    from ..server.opt_out import OptOuts
    from .position import request_at, root_of

    request = request_at(arguments.position, arguments.cell, ask=arguments.invoke)
    off = asyncio.run(OptOuts(root_of(arguments.position)).why_not(request, _settings(arguments)))
    if off is not None:
        print(f"jupyter mccom: nothing is completed: {message('reasons', off)}", file=sys.stderr)
        answer = _json_of("", "local", Route(to="nothing", reason=off))
        print(json.dumps(answer) if arguments.json else answer["text"])
        return 0

    async def run() -> Trace:
        from ..compose import cloud_address

        opened = _opened(arguments, jupyter_root=root_of(arguments.position))
        try:
            if opened.tree is not None:
                await opened.tree.settled(request.document)
            trace = await _completed(opened.cascade, request, rejected=arguments.reject)
        finally:
            await opened.aclose()
        if opened.cascade.cloud is not None and "cloud" in trace.stage_s:
            where = cloud_address(opened.settings)
            print(f"jupyter mccom: text around the cursor was sent to {where}", file=sys.stderr)
        return trace

    answer = _json_from_trace(asyncio.run(run()))
    print(json.dumps(answer) if arguments.json else answer["text"])
    return 0


async def _completed(cascade: Cascade, request: CompletionRequest, *, rejected: str | None) -> Trace:
    """The trace of a completion. With `rejected`: of the completion after the person typed that instead of the text."""
    async for _ in cascade.complete(request, local_only=rejected is not None):
        pass
    if rejected is not None:
        shown = cascade.journal.traces[-1]
        last = Outcome(suggestion_id=shown.suggestion_id, kind="rejected", shown_ms=1000)
        async for _ in cascade.complete(replace(request, id="cli-2", prefix=request.prefix + rejected, last=last)):
            pass
    return cascade.journal.traces[-1]


def _json_from_trace(trace: Trace) -> dict[str, Any]:
    draft = trace.draft
    return _json_of(trace.text, trace.origin, trace.route) | {
        "engine": trace.generations[-1].engine if trace.generations else None,
        "tokens": sum(len(generation.tokens) for generation in trace.generations),
        "draft": {"offered": draft.offered, "accepted": draft.accepted} if draft else None,
        "hits": [_json_from_hit(hit) for hit in trace.hits],
        "stage_s": trace.stage_s,
    }


def _json_of(text: str, origin: Origin, route: Route) -> dict[str, Any]:
    """An answer for which no engine was asked."""
    none: dict[str, Any] = {"engine": None, "tokens": 0, "draft": None, "hits": [], "stage_s": {}}
    return {"text": text, "origin": origin, "route": asdict(route), **none}


def _json_from_hit(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    place = {"source": chunk.source, "first_line": chunk.first_line, "last_line": chunk.last_line}
    return place | {"score": round(hit.score, 4)}


def _learn(arguments: argparse.Namespace) -> int:
    from ..evaluation.suites.thresholds import teach

    print(teach(_settings(arguments), arguments.folder))
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    from ..compose import forget_traces, traces_file

    print(f"{forget_traces(path := traces_file(_settings(arguments)))} traces deleted from {path}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from ..server.status import lines_of, status_of

    async def run() -> dict[str, Any]:
        from ..compose import traces_file

        opened = _opened(arguments, traces=traces_file(_settings(arguments)))
        try:
            await opened.local.ask()
            if opened.recorder is not None:
                await opened.recorder.settled()
            return status_of(opened)
        finally:
            await opened.aclose()

    status = asyncio.run(run())
    print(json.dumps(status) if arguments.json else "\n".join(lines_of(status)))
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from ..evaluation import run_suite
    from ..evaluation.lib.bench import Typing
    from ..evaluation.report import published

    with progress_bar() as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        measure = published.run if arguments.suite == published.ALL else partial(run_suite.run, arguments.suite)
        given = {name: getattr(arguments, name) for name in ("data", "n", "seed", "out")}
        typing = Typing(**{name: getattr(arguments, name) for name in ("keys_a_minute", "replays", "against")})
        found = measure(_settings(arguments), progress=progress, typing=typing, **given)
    print(found)
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from ..compose import model_in_use, open_store
    from .serve import serve

    settings = changed(_settings(arguments), engine="llamacpp")  # MLX has no server
    model = model_in_use(settings)
    serve(
        lambda: open_store(settings).locate(model),
        name=model,
        host=arguments.host,
        port=arguments.port,
        key_file=arguments.key_file,
        context_tokens=settings.context_for(settings.cloud_prompt_tokens),
        users=arguments.users,
        draft=bool(arguments.draft),
    )
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from ..compose import model_in_use
    from .demo import check_demo, open_demo

    check_demo()
    arguments.model = model_in_use(_settings(arguments))
    _pull(arguments)
    return open_demo(arguments.models_dir, arguments.rest)
