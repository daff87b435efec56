/**
 * The golden messages that the Python tests read too.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloudsFrom, modelsFrom, trialFrom } from '../src/server/clouds';
import type { CloudAccess, CloudChoice } from '../src/server/clouds';
import { leftFrom } from '../src/server/left';
import { statusFrom } from '../src/server/status';
import { reportFrom, settingsFrom, tracesFrom } from '../src/server/traces';
import { lineFrom } from '../src/server/wire';
import type { CompleteRequest, Outcome, Survival } from '../src/server/wire';
import type { IClient } from '../src/tokens';

const FOLDER = resolve(__dirname, '../../tests/wire');

/** What the page sends, in its own types: the compiler checks the shape, the golden messages check the contents. */
const OUTCOME: Outcome = {
  suggestion_id: 's-7',
  kind: 'accepted',
  kept_chars: 17,
  shown_ms: 1240
};
const SURVIVAL: Survival = {
  suggestion_id: 's1',
  after_s: 30,
  kept_chars: 12,
  of_chars: 20
};
const REQUEST: CompleteRequest = {
  client_id: 'window-1',
  request_id: 'r-7',
  document: 'analysis/tips.ipynb',
  cell_id: 'c3',
  language: 'python',
  prefix: 's = "😀"\ndf.gro',
  suffix: '\nprint(s)',
  cells_before: [
    { cell_id: 'c1', kind: 'markdown', source: '# Tips', ran: null },
    {
      cell_id: 'c2',
      kind: 'code',
      source: "import pandas as pd\ndf = pd.read_csv('tips.csv')",
      ran: 4
    }
  ],
  cells_after: [
    { cell_id: 'c4', kind: 'code', source: 'df.plot()', ran: null }
  ],
  n_cells_above: 12,
  trigger: 'typing',
  multiline: 'block',
  opt_out: 'none',
  last: {
    suggestion_id: 's-6',
    kind: 'rejected',
    kept_chars: 0,
    shown_ms: 900
  },
  deadline_s: 30
};
const ACCESS: CloudAccess = {
  provider: 'openai',
  url: '',
  key: 'sk-not-a-real-key'
};
const CHOICE: CloudChoice = { ...ACCESS, model: 'gpt-4.1-mini' };

/** What is said while a cloud is set up, by the end of a name. */
const CLOUDS: Partial<Record<string, (value: unknown) => void>> = {
  models_request: value => expect(value).toEqual(ACCESS),
  put_request: value => expect(value).toEqual(CHOICE),
  test_request: value => expect(value).toEqual(CHOICE),
  models: value => expect(value).toEqual({ models: modelsFrom(value) }),
  test: value => expect(value).toEqual(trialFrom(value)),
  refused: value => expect(value).toMatchObject({ message: expect.any(String) })
};

function golden(name: string): unknown {
  return JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'));
}

/** Each field of a message as a string: that is what the minimal request is made of. */
function shapeOf(value: unknown): object {
  const fields = Object.keys(value as object);
  return Object.fromEntries(fields.map(name => [name, expect.any(String)]));
}

describe('golden messages', () => {
  it.each(readdirSync(FOLDER))('%s', name => {
    const value = golden(name);
    if (name.startsWith('line_')) {
      expect(value).toMatchObject(lineFrom(value));
    } else if (name.startsWith('status_')) {
      expect(value).toMatchObject(statusFrom(value));
    } else if (name.startsWith('cloud_')) {
      const check = CLOUDS[name.slice('cloud_'.length, -'.json'.length)];
      (check ?? (value => expect(value).toMatchObject(cloudsFrom(value))))(
        value
      );
    } else if (name === 'outcome.json') {
      expect(value).toEqual(OUTCOME);
    } else if (name === 'survival.json') {
      expect(value).toEqual(SURVIVAL);
    } else if (name === 'settings.json') {
      expect(settingsFrom(value)).toEqual(value);
    } else if (name === 'settings_patch.json') {
      expect(value).toEqual(expect.any(Object)); // what is sent is what the schema holds
    } else if (name === 'left.json') {
      expect({ left: leftFrom(value) }).toEqual(value);
    } else if (name === 'traces.json') {
      const [{ engines, hits, ...rest }] = tracesFrom(value);
      expect(engines).toEqual(['qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b']);
      expect(hits).toEqual([
        { source: 'tariff.py', first_line: 3, last_line: 9, score: 0.8 }
      ]);
      expect(value).toMatchObject({ traces: [rest] });
    } else if (name === 'snooze.json') {
      const minutes: Parameters<IClient['snooze']>[0] = 15;
      expect(value).toEqual({ minutes });
    } else if (name === 'report.json') {
      expect(value).toEqual({ report: reportFrom(value) });
    } else if (name === 'report_request.json') {
      const { request, ...rest } = value as { request: unknown };
      const [suggestion_id]: Parameters<IClient['report']> = ['s-7', null];
      expect(rest).toEqual({ suggestion_id });
      expect(REQUEST).toMatchObject(shapeOf(request));
    } else if (name === 'complete_request.json') {
      expect(value).toEqual(REQUEST);
    } else if (name === 'complete_request_minimal.json') {
      expect(REQUEST).toMatchObject(shapeOf(value)); // the server fills in the rest
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

  it.each([
    null,
    {},
    { ...(golden('cloud_none.json') as object), providers: [{ id: 1 }] },
    { ...(golden('cloud_none.json') as object), found: [{ models: [1] }] },
    { ...(golden('cloud_none.json') as object), cloud: { by: 'nobody' } }
  ])('is no set-up: %j', value => {
    expect(() => cloudsFrom(value)).toThrow(TypeError);
  });

  it.each([null, {}, { state: 'on', detail: '', model: {}, pull: null }])(
    'is no status: %j',
    value => {
      expect(() => statusFrom(value)).toThrow(TypeError);
    }
  );
});
