/**
 * Two places in a text → what happened to the suggestion between them. `█` is the cursor.
 */

import { describe, expect, it } from 'vitest';
import { Anchor, typedSince } from '../src/outcomes/anchor';
import type { Reading, IPlace } from '../src/outcomes/anchor';

function place(marked: string): IPlace {
  return { text: marked.replace('█', ''), cursor: marked.indexOf('█') };
}

describe('typedSince', () => {
  const cases: [string, string, string | null][] = [
    ['df.█', 'df.█', ''],
    ['df.█', 'df.me█', 'me'],
    ['s = "😀"; x█\nend', 's = "😀"; xy█\nend', 'y'],
    ['print█', 'print(█)', '('],
    ['f(█)', 'f(x█)', 'x'],
    ['f(█)', 'f(x)█', 'x)'],
    ['f([█])\nend', 'f([x])█\nend', 'x])'],
    ['f(█)', 'f()█x', null],
    ['df.█x', 'df.x█', null],
    ['df.█', 'df█', null],
    ['df.█', 'ef.m█', null],
    ['df.█ + 1', 'df.m█ + 2', null],
    ['df.█', 'df.█x', null]
  ];
  it.each(cases)('%s → %s', (start, now, typed) => {
    expect(typedSince(place(start), place(now))).toBe(typed);
  });
});

describe('Anchor', () => {
  const cases: [string, string, string, Reading][] = [
    ['df.█', 'mean()', 'df.█', 'same'],
    ['df.█', 'mean()', 'df.m█', 'along'],
    ['print█', '(x)', 'print(█)', 'along'],
    ['def f():█', '\n    pass', 'def f():\n    █', 'along'],
    ['f(█)', 'x) + 1', 'f(x)█', 'along'],
    ['f(█)', 'x', 'f()█', 'moved'],
    ['df.█', 'mean()', 'df.x█', 'mismatch'],
    ['df.█', 'mean()', 'df█', 'deleted'],
    ['df.█', 'mean()', 'd█f.', 'moved']
  ];
  it.each(cases)('%s with %s → %s is %s', (start, text, now, reading) => {
    expect(new Anchor(place(start)).read(place(now), text)).toBe(reading);
  });

  it('reads taking back what was typed along as deleted', () => {
    const anchor = new Anchor(place('df.█'));
    expect(anchor.read(place('df.me█'), 'mean()')).toBe('along');
    expect(anchor.read(place('df.m█'), 'mean()')).toBe('deleted');
  });

  it('reads a closing bracket that is typed over as typed along', () => {
    const anchor = new Anchor(place('f(█)'));
    expect(anchor.read(place('f(x█)'), 'x) + 1')).toBe('along');
    expect(anchor.read(place('f(x)█'), 'x) + 1')).toBe('along');
    expect(anchor.rest(place('f(x)█'), 'x) + 1')).toBe(' + 1');
  });

  it('gives what is left of a stream after typing along', () => {
    const anchor = new Anchor(place('df.█'));
    expect(anchor.rest(place('df.m█'), 'me')).toBe('e');
    expect(anchor.rest(place('df.m█'), 'mean()')).toBe('ean()');
    expect(anchor.rest(place('df.x█'), 'mean()')).toBeNull();
  });
});
