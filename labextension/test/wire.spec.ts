/**
 * The golden messages that the Python tests read too.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsFrom, tracesFrom } from '../src/server/traces';
import { statusFrom } from '../src/server/status';
import {
  lineFrom,
  outcomeFrom,
  requestFrom,
  survivalFrom
} from '../src/server/wire';

const FOLDER = resolve(__dirname, '../../tests/wire');

function golden(name: string): unknown {
  return JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'));
}

describe('golden messages', () => {
  it.each(readdirSync(FOLDER))('%s', name => {
    const value = golden(name);
    if (name.startsWith('line_')) {
      expect(value).toMatchObject(lineFrom(value));
    } else if (name.startsWith('status_')) {
      expect(value).toMatchObject(statusFrom(value));
    } else if (name === 'outcome.json') {
      expect(outcomeFrom(value)).toEqual(value);
    } else if (name === 'survival.json') {
      expect(survivalFrom(value)).toEqual(value);
    } else if (name === 'settings.json') {
      expect(settingsFrom(value)).toEqual(value);
    } else if (name === 'settings_patch.json') {
      expect(value).toEqual(expect.any(Object)); // what is sent is what the schema holds
    } else if (name === 'traces.json') {
      const [{ engines, hits, ...rest }] = tracesFrom(value);
      expect(engines).toEqual(['qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b']);
      expect(hits).toEqual([
        { source: 'tariff.py', first_line: 3, last_line: 9, score: 0.8 }
      ]);
      expect(value).toMatchObject({ traces: [rest] });
    } else if (name === 'complete_request.json') {
      expect(requestFrom(value)).toEqual(value);
    } else if (name === 'complete_request_minimal.json') {
      expect(requestFrom(value)).toMatchObject({ prefix: 'x = ', last: null });
    } else {
      expect(value).toEqual({ model: expect.any(String) });
    }
  });
});

describe('what is not the contract', () => {
  it.each([
    null,
    [],
    'text',
    {},
    { type: 'text', request_id: 'r' },
    { type: 'other', request_id: 'r', text: '' },
    { type: 'trouble', request_id: 'r', text: 3 }
  ])('is no line: %j', value => {
    expect(() => lineFrom(value)).toThrow(TypeError);
  });

  it.each([null, {}, { state: 'on', detail: '', model: {}, pull: null }])(
    'is no status: %j',
    value => {
      expect(() => statusFrom(value)).toThrow(TypeError);
    }
  );

  it('is no outcome', () => {
    expect(() =>
      outcomeFrom({ suggestion_id: 's', kind: 'liked', kept_chars: 0 })
    ).toThrow('kind');
  });
});
