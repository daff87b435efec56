/**
 * Settings as JupyterLab keeps them, in memory.
 */

import { Signal } from '@lumino/signaling';
import type { Stored } from '../src/settings';

/** `change` is another window, or the settings editor. */
export function stored(
  values: object
): Stored & { change(values: object): void } {
  const changed = new Signal<never, void>(Object.create(null) as never);
  let composite = { ...values };
  return {
    get composite() {
      return composite as Stored['composite'];
    },
    changed,
    set(name, value) {
      this.change({ ...composite, [name]: value });
      return Promise.resolve();
    },
    change(now) {
      composite = { ...now };
      changed.emit();
    }
  };
}
