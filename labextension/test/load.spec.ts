/**
 * What the settings editor shows of settings that the administrator has fixed.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { describe, expect, it } from 'vitest';
import { locks } from '../src/settings/load';
import { trans } from './stati';

describe('locks', () => {
  const plugin = {
    id: 'p',
    data: { user: { threads: 4 }, composite: { threads: 4, model: 'a' } },
    raw: '',
    version: '',
    schema: {
      type: 'object',
      properties: {
        threads: { type: 'integer', description: 'CPU threads.' },
        model: { type: 'string' }
      }
    }
  } as unknown as ISettingRegistry.IPlugin;
  const server = {
    settings: { threads: 2, model: 'a' },
    locked: ['threads', 'new']
  };

  it("show a fixed setting with the server's value, read-only", () => {
    const { fetch, compose } = locks(server, trans);
    const { properties } = fetch(plugin).schema;
    expect(properties?.['threads']).toEqual({
      type: 'integer',
      description: expect.stringMatching(/ CPU threads\.$/) as string,
      readOnly: true
    });
    expect(Object.keys(properties ?? {})).toEqual(['threads', 'model']);
    expect(compose(plugin).data.composite).toMatchObject({
      threads: 2,
      model: 'a'
    });
    expect(plugin.data.composite).toEqual({ threads: 4, model: 'a' });
  });

  it('change nothing where nothing is fixed', () => {
    const { fetch, compose } = locks(null, trans);
    expect([fetch(plugin), compose(plugin)]).toEqual([plugin, plugin]);
  });
});
