/**
 * A trace in words, and what the settings editor shows of fixed settings.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { tracesFrom } from '../src/server/traces';
import { locks } from '../src/settings/locks';
import { reasonOf, rowsOf } from '../src/status/why';

const trans = nullTranslator.load('jupyter_mccom');
const FILE = resolve(__dirname, '../../tests/wire/traces.json');
const [TRACE] = tracesFrom(JSON.parse(readFileSync(FILE, 'utf8')));

describe('why', () => {
  it('tells writer, reason, confidence, context, draft and times', () => {
    expect(rowsOf(TRACE, trans)).toEqual([
      ['Written by', 'qwen2.5-coder-1.5b'],
      ['Why', 'the local text was not likely enough to be right'],
      ['Confidence', '41 %'],
      ['Context', 'tariff.py:3–9'],
      ['Draft taken', '4 / 6'],
      ['Time', 'context 12 ms, local model 200 ms, cloud 450 ms, in all 670 ms']
    ]);
  });

  it('leaves out what is not known, and names no writer of no text', () => {
    const route = {
      to: 'nothing',
      reason: 'dismissed',
      confidence: null,
      chance: null
    };
    const bare = { ...TRACE, route, draft: null, hits: [], stage_s: {} };
    expect(rowsOf({ ...bare, trouble: 'away; wait' }, trans)).toEqual([
      ['Why', 'you dismissed a suggestion on this line'],
      ['Cloud', 'away; wait']
    ]);
  });

  it('names the local model where the cloud was asked in vain', () => {
    const route = {
      to: 'local',
      reason: 'offline',
      confidence: 0.7,
      chance: null
    };
    const [[, writer]] = rowsOf({ ...TRACE, route }, trans);
    expect(writer).toBe('qwen2.5-coder-0.5b');
  });

  it('tells the chance by which the gates went', () => {
    const route = { ...TRACE.route, chance: 0.38 };
    expect(rowsOf({ ...TRACE, route }, trans)).toContainEqual([
      'Chance of being right',
      '38 %'
    ]);
  });

  it('has words for every reason that the server gives', () => {
    const types = resolve(__dirname, '../../jupyter_mccom/types.py');
    const source = readFileSync(types, 'utf8');
    const [, listed] = /Reason: TypeAlias = Literal\[([^\]]+)\]/.exec(source)!;
    const reasons = [...listed.matchAll(/"(\w+)"/g)].map(([, name]) => name);
    expect(reasons.length).toBeGreaterThan(10);
    expect(reasons.filter(name => reasonOf(name, trans) === name)).toEqual([]);
  });
});

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
      description: 'Set by the administrator of the server. CPU threads.',
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
