/**
 * One line that says who wrote a suggestion, and how likely it is right.
 */

import { expect, it } from 'vitest';
import type { Route } from '../src/server/wire';
import { whoOf } from '../src/status/why';
import { clouded, golden, trans } from './stati';

const LOCAL: Route = {
  to: 'local',
  reason: 'sure',
  confidence: 0.91,
  chance: 0.834
};

it.each<[string, Partial<Route>]>([
  ['By qwen2.5-coder-0.5b on this machine: 83 % likely to be right', {}],
  [
    'By qwen2.5-coder-0.5b on this machine: 91 % sure of its first words',
    { chance: null }
  ],
  [
    'By qwen2.5-coder-0.5b on this machine: the model does not report how sure it is',
    { chance: null, confidence: null }
  ],
  [
    'By qwen2.5-coder-1.5b (cloud): you asked for the cloud',
    { to: 'cloud', reason: 'asked' }
  ]
])('%s', (words, route) => {
  expect(whoOf({ ...LOCAL, ...route }, clouded(), trans)).toBe(words);
});

it('names a local tier that is elsewhere', () => {
  expect(whoOf(LOCAL, golden('server'), trans)).toContain(
    'at http://192.0.2.1:8012'
  );
});
