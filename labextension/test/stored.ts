/**
 * Settings as JupyterLab keeps them, in memory.
 */

import { Signal } from '@lumino/signaling';
import type { Stored } from '../src/settings/settings';

/** `change` is another window, or the settings editor; `defaults` are not the person's. */
export function stored(
  values: object,
  defaults: object = {}
): Stored & { change(values: object): void } {
  const changed = new Signal<never, void>(Object.create(null) as never);
  let user = { ...values };
  return {
    get composite() {
      return { ...defaults, ...user } as Stored['composite'];
    },
    get user() {
      return user as Stored['user'];
    },
    changed,
    set(name, value) {
      this.change({ ...user, [name]: value });
      return Promise.resolve();
    },
    change(now) {
      user = { ...now };
      changed.emit();
    }
  };
}
