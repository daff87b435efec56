/**
 * Which texts are too large to be completed, or minified.
 */

import { describe, expect, it } from 'vitest';
import { unreadable } from '../src/completion/unreadable';

const line = 'x'.repeat(240);

describe('a text is not completed', () => {
  it.each([
    ['of 10 MB', 'x = 1\n'.repeat(1_700_000), 'large'],
    ['of one line of 10 MB', 'x'.repeat(10_000_000), 'large'],
    ['of lines of 240 characters', `${line}\n`.repeat(20), 'minified'],
    ['that is one minified line', 'a=1;'.repeat(3000), 'minified'],
    [
      'that is a bundle below its licence',
      `// MIT\n//\n${'a=1;'.repeat(3000)}`,
      'minified'
    ],
    [
      'of ordinary lines',
      'value = compute(first, second)\n'.repeat(9000),
      null
    ],
    ['that is short', line, null],
    ['with one long literal', `x = "${'a'.repeat(3000)}"\ny = 1\nz = 2`, null],
    ['without anything', '', null]
  ])('%s', (_, text, why) => {
    expect(unreadable(text)).toBe(why);
  });
});
