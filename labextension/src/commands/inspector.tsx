/**
 * Two switches in JupyterLab's property inspector: whether the notebook and the active cell are completed. The form is
 * in `schema/opt-out.json`; JupyterLab draws it anew for each cell.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { IFormRendererRegistry } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Here, IHere } from '../completion/here';
import { switchOfCell, switchOfNotebook } from './optout';
import type { ISwitch } from './optout';

/** As `schema/opt-out.json` names them. */
const PLUGIN = 'jupyter-mccom:opt-out';
const FIELD = `${PLUGIN}.switches`;

/** Adds them, and makes the page's `Here`: the form is looked for early. */
export const inspector: JupyterFrontEndPlugin<Here> = {
  id: PLUGIN,
  description: 'Lets notebooks and cells opt out of code completion.',
  autoStart: true,
  provides: IHere,
  optional: [IFormRendererRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IFormRendererRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_mccom');
    const here = new Here(app.shell);
    registry?.addRenderer(FIELD, {
      fieldRenderer: () => <Switches here={here} trans={trans} />
    });
    return here;
  }
};

/** They follow the person, also within a cell. */
function Switches({
  here,
  trans
}: {
  here: Here;
  trans: TranslationBundle;
}): React.JSX.Element {
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  React.useEffect(() => {
    here.changed.connect(redraw);
    return () => {
      here.changed.disconnect(redraw);
    };
  }, [here]);
  return (
    <div className="jp-mccom-optout">
      <Switch
        found={switchOfNotebook(here)}
        label={trans.__('Complete in this notebook')}
      />
      <Switch
        found={switchOfCell(here)}
        label={trans.__('Complete in this cell')}
      />
      <p>
        {here.binds
          ? trans.__(
              'Opt-outs bind here: only the administrator of the server can undo one.'
            )
          : trans.__(
              'This is saved in the notebook and holds for everyone who opens it.'
            )}
      </p>
    </div>
  );
}

function Switch({
  found,
  label
}: {
  found: ISwitch;
  label: string;
}): React.JSX.Element | null {
  return found.model ? (
    <label>
      <input
        type="checkbox"
        checked={found.on}
        disabled={!found.free}
        onChange={() => {
          found.set(!found.on);
        }}
      />
      {label}
    </label>
  ) : null;
}
