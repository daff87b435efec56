/**
 * Settings as JupyterLab keeps them → typed values that follow.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, Settings } from '../src/settings/settings';
import { stored } from './stored';

interface IProperty {
  default: unknown;
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
    expect(defaults).toMatchObject(DEFAULTS);
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
