/**
 * Settings as JupyterLab keeps them → typed values that follow.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, Settings } from '../src/settings';
import type { Stored } from '../src/settings';

interface IProperty {
  default: unknown;
}

function stored(values: object): Stored & { change(values: object): void } {
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

describe('settings', () => {
  it('have the defaults of the schema', () => {
    const file = resolve(__dirname, '../schema/plugin.json');
    const schema = JSON.parse(readFileSync(file, 'utf8')) as {
      properties: Record<string, IProperty>;
    };
    const defaults = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [
        name,
        property.default
      ])
    );
    expect(DEFAULTS).toEqual(defaults);
  });

  it('follow what is stored, and say so', () => {
    const settings = new Settings();
    let changes = 0;
    settings.changed.connect(() => changes++);
    const store = stored({ multiline: 'line' });
    settings.follow(store);
    expect(settings.values).toEqual({ ...DEFAULTS, multiline: 'line' });
    store.change({ multiline: 'block', languages_off: ['r'] });
    expect(settings.values.languages_off).toEqual(['r']);
    expect(changes).toBe(2);
  });

  it('hold a value at once and store it', async () => {
    const settings = new Settings();
    await settings.set('enabled', false);
    expect(settings.values.enabled).toBe(false);
    const store = stored({});
    settings.follow(store);
    await settings.set('paths_off', ['a']);
    expect(store.composite).toEqual({ paths_off: ['a'] });
  });
});
