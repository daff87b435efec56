/**
 * Text → its next word or line.
 */

import { describe, expect, it } from 'vitest';
import { partOf } from '../src/ghost/words';

describe('a word', () => {
  it.each([
    ['mean(values)', 'mean'],
    ['np.array', 'np'],
    ['(values)', '('],
    [')))', ')))'],
    ['])', ']'],
    [' = 3', ' ='],
    [' **= 3', ' **='],
    [' -> int:', ' ->'],
    ['\n    return x', '\n    return'],
    ['größe_2 + 1', 'größe_2'],
    ['   ', '   ']
  ])('of %j is %j', (text, word) => {
    expect(partOf(text, 'word')).toBe(word);
  });
});

describe('a quote or a sign is a word by itself', () => {
  it.each([
    ['"$5"', '"'],
    ['$5"', '$'],
    ['("name")', '('],
    ['")', '"'],
    ['"""A line."""', '"""'],
    ["''", "''"],
    ['f"{x}"', 'f'],
    ['"{x}"', '"'],
    ['{x}', '{']
  ])('of %j is %j', (text, word) => {
    expect(partOf(text, 'word')).toBe(word);
  });
});

describe('a script without spaces has words', () => {
  it.each([
    ['日本語を書く', '日本語'],
    ['喜欢编程。', '喜欢'],
    ['ภาษาไทย', 'ภาษา'],
    ['한국어를 씁니다', '한국어를'],
    ['价格_1', '价格'],
    ['。次', '。']
  ])('of %j is %j', (text, word) => {
    expect(partOf(text, 'word')).toBe(word);
  });
});

describe('no character is cut in two', () => {
  it.each([
    ['😀😀 x', '😀'],
    ['👩‍👩‍👧 x', '👩‍👩‍👧'],
    [' 👍🏽)', ' 👍🏽'],
    ['🇩🇪🇫🇷', '🇩🇪'],
    ['1️⃣ x', '1️⃣'],
    ['cafe\u0301s x', 'cafe\u0301s'],
    ['=\u0338 x', '=\u0338'],
    ['नमस्ते x', 'नमस्ते']
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

it.each(['a.b(c,\n  d) # e\n\n  f', 'print("👩‍👩‍👧 日本語を書く", $5)\n'])(
  'parts of %j put together are the whole',
  whole => {
    for (const part of ['word', 'line'] as const) {
      let [left, taken] = [whole, ''];
      while (left) {
        const piece = partOf(left, part);
        expect(piece).not.toBe('');
        taken += piece;
        left = left.slice(piece.length);
      }
      expect(taken).toBe(whole);
    }
  }
);
