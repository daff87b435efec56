/**
 * Settings that change elsewhere: in another window, by `%mccom`, by the command line. The server tells all pages on
 * Jupyter's event bus (`jupyter_mccom/server/events.py`).
 */

import type { Event } from '@jupyterlab/services';

const SETTINGS_CHANGED =
  'https://events.jupyter.org/jupyter_mccom/settings_changed';

/**
 * Listens from now on.
 *
 * @param changed - Called at each change with whether completions are on now.
 */
export function listenElsewhere(
  { stream }: Pick<Event.IManager, 'stream'>,
  changed: (enabled: boolean) => void
): void {
  stream.connect((_, emission) => {
    if (emission.schema_id === SETTINGS_CHANGED) {
      changed(emission['enabled'] !== false);
    }
  });
}
