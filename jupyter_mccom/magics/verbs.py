"""The verbs of `%mccom`, one method each. The first use of a verb finds the service that answers.

Knows nothing of HTTP or of event loops.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from IPython.core.error import UsageError
from IPython.display import display

from ..compose import model_ids
from ..errors import InputError, MCComError, ModelError, ServerError
from ..server.messages import message
from ..server.snooze import MOST_MINUTES, snooze_line
from ..server.status import lines_of, off_line
from ..settings import AUTO
from . import pages
from .cloud_verbs import CLOUD_VERBS
from .finding import open_service
from .service import Service

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_POLL_S = 0.5
_HISTORY_CHARS = 60_000
"""Most characters of cells that ran, the newest first: a request stays well below the server's limit."""
_CELL = "%mccom"
"""Stands for the cell in our own requests, so that none is taken for one of the notebook's."""
_SENT = "sent"
"""`%mccom why sent`: what left the machine last."""
_SNOOZES, _END = ("5", "15", "60"), "off"
"""`%mccom snooze 15`: minutes, without a number until the server restarts; `%mccom snooze off`."""
_HERE = frozenset({"complete", "pull"})
"""Verbs that need no server."""
_REMOTE = (
    "this kernel does not reach its notebook's Jupyter server, because a gateway, another machine or another program "
    "started it, or its hub uses internal SSL; use JupyterLab's status item. %%mccom, %mccom complete and %mccom pull "
    "work, with a model on this machine"
)
Open: TypeAlias = "Callable[[InteractiveShell], tuple[Service, bool]]"
"""The signature of `finding.open_service`."""


class Verbs:
    """The verbs of `%mccom` in one IPython shell."""

    def __init__(self, shell: InteractiveShell, open_: Open = open_service) -> None:
        self._shell = shell
        self._open = open_
        self._opened: Service | None = None
        self._remote = False
        self.verbs: dict[str, Callable[[str], None]] = {
            "status": self._status,
            "on": lambda rest: self._switch(True, rest),
            "off": lambda rest: self._switch(False, rest),
            "snooze": self._snooze,
            "why": self._why,
            "stats": self._stats,
            "model": self._model,
            "pull": self._pull,
            "restart": self._restart,
            "cloud": self._cloud,
            "complete": self._complete,
            "forget": self._forget,
        }

    def run(self, line: str, cell: str | None) -> None:
        """One use of the magic. Raises UsageError with one line."""
        verb, _, rest = line.strip().partition(" ")
        try:
            if cell is not None:
                self._offer(line, cell)
            elif verb and verb not in self.verbs:
                raise InputError(f"no verb {verb!r}; use one of {', '.join(self.verbs)} (help: %mccom?)")
            else:
                self.verbs[verb or "status"](rest.lstrip())
        except MCComError as error:
            if isinstance(error, ServerError):
                self.close()  # the server may have been started again
            raise UsageError(str(error)) from error

    def completions(self, event: Any) -> list[str]:
        """Words that may stand where the cursor is in `%mccom …`."""
        words = event.text_until_cursor.split(" ")[1:]
        if len(words) <= 1:
            return list(self.verbs)
        choices = {"model": (*model_ids(), AUTO), "pull": model_ids(), "cloud": tuple(CLOUD_VERBS), "why": (_SENT,)}
        choices["snooze"] = (*_SNOOZES, _END)
        return list(choices.get(words[0], ())) if len(words) == 2 else []

    def close(self) -> None:
        """Closes the service, if one was opened. May be called again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _service(self, verb: str) -> Service:
        if self._opened is None:
            self._opened, self._remote = self._open(self._shell)
        if self._remote and verb not in _HERE:
            raise InputError(f"%mccom {verb} cannot work here: {_REMOTE}")
        return self._opened

    def _status(self, rest: str) -> None:
        service = self._service("status")
        status = service.status() | {"off_here": service.off_here(self._cell_id())}
        print(*([service.where] if service.where else []), *lines_of(status), sep="\n")

    def _switch(self, enabled: bool, rest: str) -> None:
        service = self._service("on" if enabled else "off")
        service.change({"enabled": enabled})
        if enabled:
            service.snooze(0)
        print(service.status()["detail"])

    def _snooze(self, rest: str) -> None:
        service = self._service("snooze")
        service.snooze(_minutes(rest))
        status = service.status()
        print(snooze_line(status["snooze"]) or status["detail"])

    def _why(self, rest: str) -> None:
        service = self._service("why")
        if rest == _SENT:
            print(pages.sent(service.left()))
            return
        here = service.document
        off = off_line(service.off_here(self._cell_id()))
        if off:
            print(off)
        traces = [trace for trace in service.traces() if not here or trace["document"] == here]
        traces = [trace for trace in traces if trace["origin"] != "again" and trace["cell_id"] != self._cell_id()]
        if not traces:
            print("no completion yet" + (f" in {here}" if here else ""))
            return
        _show(pages.why(traces[-1]))
        shown = [trace for trace in traces if trace["text"]]
        if shown and shown[-1] is not traces[-1]:
            print("The last completion that showed a text:")
            _show(pages.why(shown[-1]))

    def _stats(self, rest: str) -> None:
        service = self._service("stats")
        _show(pages.stats(service.traces(), service.status()))

    def _model(self, rest: str) -> None:
        if not rest:
            known = ", ".join([*model_ids(), AUTO])
            raise InputError(f"name a model: {known}; a path can be set only in the configuration")
        service = self._service("model")
        service.change({"model": rest})
        print(service.status()["detail"])

    def _restart(self, rest: str) -> None:
        service = self._service("restart")
        service.restart()
        print(service.status()["detail"])

    def _pull(self, rest: str) -> None:
        service = self._service("pull")
        service.pull(rest or None)
        try:
            while pull := service.status()["pull"]:
                done, total = (pull[name] / 1e6 for name in ("done_bytes", "total_bytes"))
                print(f"\r{pull['model']}: {done:.0f} of {total:.0f} MB ({done / total:.0%})", end="", flush=True)
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            service.cancel_pull()
            print("\nstopped; the next %mccom pull continues from here")
            return
        status = service.status()
        if status["state"] == "trouble":
            raise ModelError(status["detail"])
        print(f"\n{rest or status['model']['id']} is on this machine")

    def _cloud(self, rest: str) -> None:
        verb, _, rest = rest.partition(" ")
        if verb not in CLOUD_VERBS:
            raise InputError(f"use %mccom cloud {', '.join(CLOUD_VERBS)}")
        CLOUD_VERBS[verb](self._service("cloud"), rest.strip())

    def _complete(self, rest: str) -> None:
        found = self._completed(rest)
        print(found["text"] or _nothing(found))

    def _offer(self, line: str, cell: str) -> None:
        if line.strip():
            raise InputError("%%mccom takes no arguments; write the code on the lines below it")
        code = cell.rstrip("\n")
        found = self._completed(code)
        if found["text"]:
            self._shell.set_next_input(code + found["text"])
        else:
            print(_nothing(found))

    def _forget(self, rest: str) -> None:
        self._service("forget").forget()
        print("everything kept about your suggestions is deleted")

    def _completed(self, prefix: str) -> dict[str, Any]:
        """The last line of the answer at the end of `prefix`."""
        service = self._service("complete")
        off_here = service.off_here(self._cell_id())
        if off_here:
            return {"text": "", "route": {"reason": off_here}}
        return service.complete(
            {
                "client_id": _CELL,
                "request_id": str(uuid.uuid4()),
                "document": service.document or _CELL,
                "cell_id": _CELL,
                "language": "python",
                "prefix": prefix,
                "suffix": "",
                "cells_before": self._ran(),
                "trigger": "invoke",
            }
        )

    def _ran(self) -> list[dict[str, Any]]:
        """The cells that ran so far, without those that use `%mccom`."""
        found: list[dict[str, Any]] = []
        left = _HISTORY_CHARS
        history = self._shell.history_manager
        assert history is not None
        for number, source in reversed(list(enumerate(history.input_hist_raw))):
            left -= len(source)
            if left < 0:
                break
            if source and "mccom" not in source:
                found.insert(0, {"cell_id": f"In[{number}]", "kind": "code", "source": source, "ran": number})
        return found

    def _cell_id(self) -> str:
        """The id of the cell that runs the magic, where the front end tells; empty elsewhere."""
        parent = self._shell.get_parent() if hasattr(self._shell, "get_parent") else {}
        found: str = parent.get("metadata", {}).get("cellId", "")
        return found


def _minutes(rest: str) -> float | None:
    """The length of a pause: None until the server restarts, 0 for none. Raises InputError."""
    if rest in ("", _END):
        return None if not rest else 0
    if not rest.isdigit() or not 0 < int(rest) <= MOST_MINUTES:
        raise InputError(f"name the minutes, 1 to {MOST_MINUTES} (%mccom snooze 15), or off, which ends the pause")
    return int(rest)


def _show(page: pages.Page) -> None:
    display(page)  # type: ignore[no-untyped-call]  # IPython has no types here


def _nothing(line: Mapping[str, Any]) -> str:
    return f"nothing: {message('reasons', line['route']['reason'])}"
