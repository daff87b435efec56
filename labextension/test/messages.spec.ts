/**
 * What the panel and the hover say.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Auto, Cloud, State, Status } from '../src/server/status';
import { tracesFrom } from '../src/server/traces';
import {
  autoOf,
  gainOf,
  detailOf,
  gatesOf,
  kernelOf,
  reasonOf,
  rowsOf,
  ruleOf,
  sentOf,
  stageOf
} from '../src/status/messages';
import { clouded, golden, trans } from './stati';

const FILE = resolve(__dirname, '../../tests/wire/traces.json');
const [TRACE] = tracesFrom(JSON.parse(readFileSync(FILE, 'utf8')));
const TABLE = resolve(__dirname, '../../jupyter_mccom/server/messages.json');
/** The words of the server, by group and code. */
const WORDS = JSON.parse(readFileSync(TABLE, 'utf8')) as Record<
  string,
  Record<string, string>
>;
const LOCAL = 'qwen2.5-coder-0.5b';
const CLOUD = 'qwen2.5-coder-1.5b';
const SERVER = golden('server');

/** A text of the table with its values. */
function said(group: string, code: string, ...values: string[]): string {
  return values.reduce(
    (text, value, at) => text.replace(`%${at + 1}`, value),
    WORDS[group][code]
  );
}

function cloudOf(changes: Partial<Cloud> = {}): Cloud {
  return clouded(changes).cloud!;
}

describe('a state in words', () => {
  const off = 'Completions are switched off. The panel switches them on.';
  const cases: [State, Status | null, string][] = [
    ['off', null, off],
    [
      'get-model',
      golden('get_model'),
      `The model ${LOCAL} is not on this machine yet. The panel downloads it.`
    ],
    [
      'downloading',
      golden('downloading'),
      'qwen2.5-coder-0.5b is being downloaded.'
    ],
    ['measuring', golden('measuring'), said('states', 'measuring')],
    ['loading', golden('ready'), `${LOCAL} is being loaded.`],
    ['loading', null, ''],
    ['ready', null, ''],
    ['trouble', golden('ready'), 'no space']
  ];
  it.each(cases)('%s', (state, status, words) => {
    expect(detailOf(state, status, 'no space', trans)).toBe(words);
  });
});

describe('the gates', () => {
  const { learning } = golden('ready');

  it('are named with the eagerness', () => {
    expect(gatesOf(golden('ready'), trans)).toBe(
      'Eagerness: balanced. Local text is shown above a confidence of 60 %.'
    );
  });

  it('name the call that is spared where there is a cloud', () => {
    const chance = { above: 0.4, of: 'chance' } as const;
    const status = clouded({}, { learning: { ...learning, route: chance } });
    expect(gatesOf(status, trans)).toContain(
      'The cloud is not asked above a chance of being right of 40 %.'
    );
  });

  it('name no eagerness where both thresholds are set by hand', () => {
    const set = { ...learning, eagerness: null };
    expect(gatesOf(golden('ready', { learning: set }), trans)).toBe(
      'Local text is shown above a confidence of 60 %.'
    );
  });
});

describe('ready', () => {
  const goes = `Text around the cursor goes to ${SERVER.server?.url}.`;
  const cases: [string, Status, string][] = [
    [
      'without a cloud',
      golden('ready'),
      `${LOCAL} answers on this machine; nothing leaves it.`
    ],
    [
      'with the cloud off',
      clouded({ on: false, trouble: 'away', spent: true }),
      `${LOCAL} answers on this machine; nothing leaves it.`
    ],
    [
      'with a server elsewhere',
      SERVER,
      `${LOCAL} answers; text around the cursor goes to ${SERVER.server?.url}.`
    ],
    [
      'with a server on this machine',
      golden('ready', { server: { url: 'http://127.0.0.1:1', leaves: false } }),
      `${LOCAL} answers on this machine; nothing leaves it.`
    ],
    [
      'with a cloud',
      clouded(),
      `${LOCAL} answers first, and asks ${CLOUD} when it is unsure.`
    ],
    [
      'with a cloud that is away',
      clouded({ trouble: 'no route; check it' }),
      `${LOCAL} answers alone: no route; check it`
    ],
    [
      'with a cloud that is left alone for a while',
      clouded({ state: 'paused', trouble: 'no route', detail: 'in 40 s' }),
      `${LOCAL} answers alone: in 40 s`
    ],
    [
      'with a cloud that is used up',
      clouded({ spent: true, state: 'limited', detail: 'tomorrow' }),
      said('states', 'ready-spent', LOCAL)
    ]
  ];
  it.each(cases)('%s', (_, status, words) => {
    expect(detailOf('ready', status, '', trans)).toBe(words);
  });

  it.each([{}, { trouble: 'away' }, { spent: true }])(
    'tells of a server elsewhere beside a cloud: %j',
    changes => {
      const { server } = SERVER;
      const words = detailOf('ready', clouded(changes, { server }), '', trans);
      expect(words.startsWith(`${goes} ${LOCAL} answers `)).toBe(true);
    }
  );

  it('never says that nothing leaves where something does', () => {
    for (const status of [
      SERVER,
      clouded(),
      clouded({}, { server: SERVER.server })
    ]) {
      expect(detailOf('ready', status, '', trans)).not.toContain('nothing');
    }
  });
});

describe('what is sent', () => {
  it('names every trigger, how much, and what stays', () => {
    const parts = [said('sent', 'cloud', '4096'), WORDS['sent']['no-kernel']];
    expect(sentOf(cloudOf(), trans)).toBe(
      [...parts, WORDS['sent']['masked']].join(' ')
    );
  });

  it('holds what the kernel holds where it may', () => {
    const cloud = cloudOf({ kernel: true });
    expect(sentOf(cloud, trans)).toContain(kernelOf(cloud, trans));
    expect(kernelOf(cloud, trans)).toBe(WORDS['sent']['kernel']);
  });
});

describe('what is gained by a model that is offered', () => {
  const offered = {
    name: 'better',
    bytes: 1,
    statement_s: 0.3,
    exact: 0.521,
    exact_now: 0.429
  };

  it('is told by what is known of both', () => {
    expect(gainOf(offered, trans)).toBe(
      'Exactly right in 52 % of statements instead of 43 %; about 0.30 s a statement here.'
    );
    expect(gainOf({ ...offered, exact: null }, trans)).toContain('0.30 s');
    expect(gainOf({ ...offered, statement_s: null }, trans)).toContain('MLX');
  });
});

describe('why a model was chosen', () => {
  const auto: Auto = {
    model: 'small',
    offer: 'better',
    offered: null,
    budget_s: 0.5,
    too_large: ['large'],
    measured: { small: {} },
    statement_s: { slow: 2, large: 0.4, better: 0.3, small: 0.2, lesser: 0.1 }
  };

  it('is told by figures, the quickest first', () => {
    expect(autoOf(auto, trans)).toEqual([
      ['lesser', '0.10 s (predicted)'],
      ['small', '0.20 s (measured), chosen'],
      ['better', '0.30 s (predicted), better, but not downloaded'],
      ['large', '0.40 s (predicted), needs more memory than is free'],
      ['slow', '2.00 s (predicted), too slow']
    ]);
  });

  it('is another rule where none is quick enough', () => {
    expect(ruleOf(auto, trans)).toContain('within 0.5 s');
    expect(ruleOf({ ...auto, budget_s: 0.05 }, trans)).toBe(
      'Chosen by measuring: no model on this machine writes a statement within 0.05 s, so the quickest is used.'
    );
  });
});

describe('a stage', () => {
  it.each([
    ['prompt', 'context'],
    ['context', 'text from other places'],
    ['wait', 'wait for the model'],
    ['local', 'local model'],
    ['gates', 'gates'],
    ['cloud', 'cloud'],
    ['total', 'total'],
    ['other', 'other']
  ])('%s is %s', (stage, words) => {
    expect(stageOf(stage, trans)).toBe(words);
  });
});

describe('a trace in words', () => {
  it('tells writer, reason, confidence, context, draft and times', () => {
    expect(rowsOf(TRACE, trans)).toEqual([
      ['Written by', 'qwen2.5-coder-1.5b'],
      ['Why', WORDS['reasons']['unsure']],
      ['Confidence', '41 %'],
      ['Context', 'tariff.py:3–9'],
      ['Draft accepted', '4 / 6'],
      ['Time', 'context 12 ms, local model 200 ms, cloud 450 ms, total 670 ms']
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
      ['Why', WORDS['reasons']['dismissed']],
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

  it('has the words of the server for every reason', () => {
    const codes = Object.keys(WORDS['reasons']);
    const words = codes.map(code => [code, reasonOf(code, trans)]);
    expect(Object.fromEntries(words)).toEqual(WORDS['reasons']);
  });
});

describe('the words of the server', () => {
  it('stand here too, where translators find them', () => {
    const file = resolve(__dirname, '../src/status/messages.ts');
    const source = readFileSync(file, 'utf8');
    const texts = Object.values(WORDS).flatMap(group => Object.values(group));
    expect(texts.filter(text => !source.includes(text))).toEqual([]);
  });
});
