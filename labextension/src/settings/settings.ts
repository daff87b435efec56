/**
 * The person's settings, typed and live: the schema's properties under the names of the server's traits.
 * Knows nothing of what they are for.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { Multiline } from '../server/wire';

/** The settings of the page. `schema/plugin.json` has their units and meaning. */
export interface ISettings {
  enabled: boolean;
  trigger_mode: 'automatic' | 'manual';
  multiline: Multiline;
  empty_line_pause_ms: number;
  empty_cell_pause_ms: number;
  debounce_max_ms: number;
  in_comments: boolean;
  in_strings: boolean;
  announce: boolean;
  quiet_after_dismissals: number;
  languages_off: string[];
  paths_off: string[];
}

/** What holds until the settings are loaded; the schema has the same. */
export const DEFAULTS: ISettings = {
  enabled: true,
  trigger_mode: 'automatic',
  multiline: 'statement',
  empty_line_pause_ms: 700,
  empty_cell_pause_ms: 0,
  debounce_max_ms: 300,
  in_comments: true,
  in_strings: true,
  announce: true,
  quiet_after_dismissals: 3,
  languages_off: [],
  paths_off: []
};

/** What of JupyterLab's loaded settings is needed. */
export type Stored = Pick<
  ISettingRegistry.ISettings,
  'composite' | 'user' | 'changed' | 'set'
>;

/** The values in force. A page has one. */
export class Settings {
  /** Emitted after `values` changed. */
  readonly changed = new Signal<this, void>(this);

  /** The values now; never changed in place. */
  get values(): ISettings {
    return this._values;
  }

  /** Takes the stored values from now on, whoever changes them. */
  follow(stored: Stored): void {
    this._stored = stored;
    stored.changed.connect(() => this._read(stored));
    this._read(stored);
  }

  /** Holds at once, and is stored where there is a store. */
  async set<K extends keyof ISettings>(
    name: K,
    value: ISettings[K]
  ): Promise<void> {
    this._take({ ...this._values, [name]: value });
    await this._stored?.set(name, value);
  }

  /** The registry has checked types against the schema. */
  private _read({ composite }: Stored): void {
    this._take({ ...DEFAULTS, ...composite });
  }

  private _take(values: ISettings): void {
    this._values = values;
    this.changed.emit();
  }

  private _values = DEFAULTS;
  private _stored: Stored | null = null;
}
