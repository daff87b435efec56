/**
 * Suggestion → its next word or line.
 */

import { describe, expect, it } from 'vitest';
import { partOf } from '../src/ghost/accept';

describe('a word', () => {
  it.each([
    ['mean(values)', 'mean'],
    ['(values)', '('],
    [')))', ')))'],
    [' = 3', ' ='],
    ['\n    return x', '\n    return'],
    ['größe_2 + 1', 'größe_2'],
    ['😀😀 x', '😀😀'],
    ['   ', '   ']
  ])('of %j is %j', (text, word) => {
    expect(partOf(text, 'word')).toBe(word);
  });
});

describe('a line', () => {
  it.each([
    ['mean(\n  values)', 'mean('],
    ['\n    return x\ny', '\n    return x'],
    ['whole', 'whole'],
    ['\n\nx\n', '\n\nx']
  ])('of %j is %j', (text, line) => {
    expect(partOf(text, 'line')).toBe(line);
  });
});

it('parts put together are the whole', () => {
  for (const part of ['word', 'line'] as const) {
    const whole = 'a.b(c,\n  d) # e\n\n  f';
    let [left, taken] = [whole, ''];
    while (left) {
      const piece = partOf(left, part);
      expect(piece).not.toBe('');
      taken += piece;
      left = left.slice(piece.length);
    }
    expect(taken).toBe(whole);
  }
});
