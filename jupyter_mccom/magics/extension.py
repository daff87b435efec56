"""`%load_ext jupyter_mccom`: registers `%mccom` and `%%mccom`, their help and their Tab completion: start here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.magic import no_var_expand

from .verbs import Verbs

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_LOADED: dict[InteractiveShell, Verbs] = {}


def load(shell: InteractiveShell) -> None:
    """`%load_ext jupyter_mccom`."""
    verbs = Verbs(shell)

    @no_var_expand
    def mccom(line: str, cell: str | None = None) -> None:
        """Code completion by jupyter-mccom.

        `%mccom [status]`       says which model completes here, and what leaves this machine
        `%mccom on`, `off`      switches completions on or off
        `%mccom snooze [15]`    suggests nothing unasked for 15 minutes, or until the server restarts; `off` ends that
        `%mccom why`            explains the last completion of this notebook: the text, the model, the reason
        `%mccom stats`          counts accepted suggestions, times and saved cloud calls
        `%mccom model ID`       changes the local model; ID is from the catalogue, or auto
        `%mccom pull [ID]`      downloads a model
        `%mccom restart`        starts the model's process anew at once, where it failed and waits, or hangs
        `%mccom cloud on|off`   switches the cloud on or off
        `%mccom cloud add PROVIDER [--url U] [--model M]`  sets up a cloud; asks for its key
        `%mccom cloud list`, `test`, `remove PROVIDER`     shows, tries or deletes what is set up
        `%mccom complete CODE`  prints a completion of CODE
        `%mccom why sent`       shows what left this machine last, as it was sent: with placeholders for secrets
        `%mccom forget`         deletes everything kept about your suggestions

        `%%mccom` completes the code below it and offers the result as the next cell.

        In a notebook, these use its Jupyter server and apply to all of its notebooks. Without a server, they use a
        model of this session (settings: `c.MCCom.name = value` in `ipython_config.py`).
        """
        verbs.run(line, cell)

    shell.magics_manager.register_function(mccom, magic_kind="line_cell", magic_name="mccom")
    complete = "complete_command"
    shell.set_hook(complete, lambda _, event: verbs.completions(event), str_key="%mccom")  # type: ignore[no-untyped-call]
    _LOADED[shell] = verbs


def unload(shell: InteractiveShell) -> None:
    """`%unload_ext jupyter_mccom`: ends this session's model."""
    _LOADED.pop(shell).close()
    for kind in ("line", "cell"):
        del shell.magics_manager.magics[kind]["mccom"]
