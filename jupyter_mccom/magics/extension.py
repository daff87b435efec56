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

        `%mccom [status]`       what completes here, and what leaves this machine
        `%mccom on`, `off`      switches completions on and off
        `%mccom why`            the last completion of this notebook: what was shown, who wrote it, and why
        `%mccom stats`          how often suggestions were taken, how long they took, cloud calls saved
        `%mccom model ID`       another local model of the catalogue, or auto
        `%mccom pull [ID]`      downloads a model
        `%mccom cloud on|off`   switches the cloud that the configuration names
        `%mccom complete CODE`  prints how CODE may go on
        `%mccom forget`         deletes all that the server (or this session) keeps of your suggestions

        `%%mccom` above the lines of a cell completes them and offers the result as the next cell.

        In a notebook these act on its Jupyter server, for all its notebooks; without a server, on a model of this
        session's own (settings: `c.MCCom.name = value` in `ipython_config.py`).
        """
        verbs.run(line, cell)

    shell.magics_manager.register_function(mccom, magic_kind="line_cell", magic_name="mccom")
    complete = "complete_command"
    shell.set_hook(complete, lambda _, event: verbs.completions(event), str_key="%mccom")  # type: ignore[no-untyped-call]
    _LOADED[shell] = verbs


def unload(shell: InteractiveShell) -> None:
    """`%unload_ext jupyter_mccom`: ends the model of this session's own."""
    _LOADED.pop(shell).close()
    for kind in ("line", "cell"):
        del shell.magics_manager.magics[kind]["mccom"]
