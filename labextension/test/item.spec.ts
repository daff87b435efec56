/**
 * The text of the status item, and who it says wrote the newest text.
 */

import { describe, expect, it, vi } from 'vitest';
import type { State, Status } from '../src/server/status';
import type { Route } from '../src/server/wire';
import { awayOf, labelOf, snoozeOf, writerOf } from '../src/status/item';
import { clouded, golden, routeTo, trans } from './stati';

vi.mock('@jupyterlab/apputils', () => ({ ReactWidget: class {} }));

describe('the label', () => {
  const cases: [string, State, Status | null, Route | null][] = [
    ['mccom: off', 'off', null, null],
    ['mccom: get model (491 MB)', 'get-model', golden('get_model'), null],
    ['mccom: downloading 25 %', 'downloading', golden('downloading'), null],
    ['mccom: downloading 0 %', 'downloading', golden('ready'), null],
    ['mccom: measuring this machine', 'measuring', golden('measuring'), null],
    ['mccom: loading', 'loading', null, null],
    ['mccom: trouble', 'trouble', golden('ready'), null],
    ['mccom: ready', 'ready', golden('ready'), routeTo('local')],
    ['mccom: ready', 'ready', clouded(), null],
    ['mccom: local', 'ready', clouded(), routeTo('local')],
    ['mccom: cloud', 'ready', clouded(), routeTo('cloud')],
    ['mccom: ready', 'ready', clouded({ on: false }), routeTo('cloud')],
    ['mccom: ready', 'ready', golden('ready'), routeTo('cloud')],
    [
      'mccom: local, cloud away',
      'ready',
      clouded({ trouble: 'no route' }),
      routeTo('cloud')
    ],
    [
      'mccom: local, cloud paused',
      'ready',
      clouded({ trouble: 'no route', state: 'paused' }),
      routeTo('cloud')
    ],
    [
      'mccom: local, cloud paused',
      'ready',
      clouded({ state: 'limited' }),
      null
    ],
    ['mccom: ready', 'ready', clouded({ on: false, state: 'paused' }), null],
    [
      'mccom: local',
      'ready',
      clouded({ spent: true, state: 'limited' }),
      routeTo('local')
    ]
  ];
  it.each(cases)('%s', (words, state, status, route) => {
    expect(labelOf(state, status, route, trans)).toBe(words);
  });
});

describe('a cloud that is left alone', () => {
  it('is spoken of without the time, which changes at each look', () => {
    const paused = clouded({ state: 'paused', detail: 'again in 40 s' });
    expect(awayOf(paused, trans)).toMatch(/left alone/);
    expect(awayOf(paused, trans)).not.toContain('40 s');
    expect(awayOf(clouded(), trans)).toBe('');
    expect(awayOf(null, trans)).toBe('');
  });
});

describe('the writer', () => {
  it('is none before the first text', () => {
    expect(writerOf(clouded(), null, trans)).toBe('');
    expect(writerOf(null, routeTo('local'), trans)).toBe('');
  });

  it.each([
    ['local', clouded(), 'qwen2.5-coder-0.5b'],
    ['cloud', clouded(), 'qwen2.5-coder-1.5b'],
    ['cloud', golden('ready'), 'cloud']
  ])('of a text by the %s model is named', (to, status, name) => {
    expect(writerOf(status, routeTo(to), trans)).toBe(
      `Last text by ${name}: the local text was not likely enough to be right`
    );
  });
});

it.each([
  [Infinity, 'mccom: snoozed'],
  [14.2 * 60_000, 'mccom: snoozed, 15 min'],
  [1000, 'mccom: snoozed, 1 min']
])('a snooze of %d ms is %j', (leftMs, words) => {
  expect(snoozeOf(leftMs, trans)).toBe(words);
});
