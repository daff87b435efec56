/**
 * The commands by which a notebook or a cell opts out of completion, and in again. What they set is saved in the
 * notebook. Where an opt-out binds, they cannot undo it.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Here } from '../completion/here';
import { markCell, markNotebook, optOutOf } from '../completion/optout';
import type { IMarked } from '../completion/optout';

/** Ids of these commands. */
export const OptOuts = {
  notebook: 'mccom:toggle-notebook',
  cell: 'mccom:toggle-cell'
} as const;

/** What the commands act on. */
export interface IOptOutOptions {
  app: JupyterFrontEnd;
  here: Here;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

/** A switch of a notebook or a cell, wherever it is shown. */
export interface ISwitch {
  /** Null: there is nothing to switch here. */
  model: IMarked | null;
  /** It is completed, as far as this switch says. */
  on: boolean;
  /** It may be switched. */
  free: boolean;
  set(on: boolean): void;
}

/** The switch of the notebook that the person is in. */
export function switchOfNotebook(here: Here): ISwitch {
  const model = here.notebook;
  const on = optOutOf(model, null) === 'none';
  return switchOf(here, model, on, markNotebook);
}

/** The switch of the code cell that the person is in. */
export function switchOfCell(here: Here): ISwitch {
  const model = here.cell;
  const on = optOutOf(null, model) === 'none';
  return switchOf(here, model, on, markCell);
}

function switchOf(
  here: Here,
  model: IMarked | null,
  on: boolean,
  mark: (model: IMarked, completes: boolean) => void
): ISwitch {
  return {
    model,
    on,
    free: model !== null && (on || !here.binds),
    set: wanted => model && mark(model, wanted)
  };
}

/** Adds the commands, and the palette's entries where there is a palette. */
export function addOptOuts({
  app,
  here,
  palette,
  trans
}: IOptOutOptions): void {
  const add = (id: string, label: string, find: () => ISwitch): void => {
    app.commands.addCommand(id, {
      label,
      isEnabled: () => find().free,
      isToggled: () => find().model !== null && find().on,
      execute: () => {
        const found = find();
        if (found.free) {
          found.set(!found.on);
        }
      }
    });
    const category = trans.__('Code Completion');
    palette?.addItem({ command: id, category });
  };
  add(
    OptOuts.notebook,
    trans.__('Complete in This Notebook, for Everyone'),
    () => switchOfNotebook(here)
  );
  add(OptOuts.cell, trans.__('Complete in This Cell, for Everyone'), () =>
    switchOfCell(here)
  );
  here.changed.connect(() => app.commands.notifyCommandChanged());
}
