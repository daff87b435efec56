/**
 * How much of an accepted text still stands, through edits.
 */

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { after, editsOf, lengthOf } from '../src/outcomes/ranges';
import type { IStep, Range } from '../src/outcomes/ranges';
import { Survivals } from '../src/outcomes/survival';
import type { IText } from '../src/outcomes/survival';
import type { Survival } from '../src/server/wire';

describe('an edit', () => {
  it.each<[string, Range, IStep[], Range[]]>([
    ['before it moves it', [2, 5], [{ insert: 'xy' }], [[4, 7]]],
    [
      'just behind it is not it',
      [2, 5],
      [{ retain: 5 }, { insert: 'x' }],
      [[2, 5]]
    ],
    [
      'just before it moves it',
      [2, 5],
      [{ retain: 2 }, { insert: 'x' }],
      [[3, 6]]
    ],
    [
      'in it parts it',
      [2, 5],
      [{ retain: 3 }, { insert: 'x' }],
      [
        [2, 3],
        [4, 6]
      ]
    ],
    ['takes its head', [2, 5], [{ delete: 3 }], [[0, 2]]],
    ['takes its tail', [2, 5], [{ retain: 4 }, { delete: 3 }], [[2, 4]]],
    [
      'takes its middle',
      [2, 5],
      [{ retain: 3 }, { delete: 1 }],
      [
        [2, 3],
        [3, 4]
      ]
    ],
    ['takes it all', [2, 5], [{ delete: 8 }], []],
    [
      'puts another in its place',
      [2, 5],
      [{ retain: 2 }, { delete: 3 }, { insert: 'xyz' }],
      []
    ],
    [
      'writes all anew but for the same ends',
      [2, 5],
      [{ delete: 8 }, { insert: '01234X67' }],
      [[2, 5]]
    ],
    [
      'comes twice',
      [2, 5],
      [{ insert: 'x' }, { retain: 3 }, { delete: 1 }],
      [
        [3, 4],
        [4, 5]
      ]
    ],
    [
      'is of something else',
      [2, 5],
      [{ retain: 1 }, { insert: { image: '' } }],
      [[2, 5]]
    ]
  ])('that %s', (_, range, delta, left) => {
    expect(editsOf(delta, '01234567').reduce(after, [range])).toEqual(left);
  });

  it('that is undone leaves what was not touched', () => {
    const ranges = [
      { from: 3, removed: '', insert: 'xyz' },
      { from: 3, removed: 'xyz', insert: '' }
    ].reduce<Range[]>(after, [[2, 5]]);
    expect(lengthOf(ranges)).toBe(3);
  });
});

class FakeText implements IText {
  readonly changed = new Signal<this, { sourceChange?: readonly IStep[] }>(
    this
  );
  readonly disposed = new Signal<this, void>(this);

  constructor(private _source: string) {}

  getSource(): string {
    return this._source;
  }

  change(source: string, ...sourceChange: IStep[]): void {
    this._source = source;
    this.changed.emit({ sourceChange });
  }
}

describe('an accepted text', () => {
  let told: Survival[];
  let survivals: Survivals;
  let text: FakeText;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    survivals = new Survivals(survival => told.push(survival));
    text = new FakeText('x = mean()');
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const kept = (): [number, number][] =>
    told.map(({ after_s, kept_chars }) => [after_s, kept_chars]);

  it('is looked at after 30 s and 300 s', () => {
    survivals.watch('s', text, 4, 10);
    vi.advanceTimersByTime(29_999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([
      { suggestion_id: 's', after_s: 30, kept_chars: 6, of_chars: 6 }
    ]);
    text.change('x = mean', { retain: 8 }, { delete: 2 });
    text.changed.emit({});
    vi.advanceTimersByTime(1_000_000);
    expect(kept()).toEqual([
      [30, 6],
      [300, 4]
    ]);
  });

  it('that grows by another part is looked at anew', () => {
    survivals.watch('s', text, 4, 8);
    vi.advanceTimersByTime(20_000);
    survivals.watch('s', text, 4, 10);
    vi.advanceTimersByTime(20_000);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(kept()).toEqual([[30, 6]]);
  });

  it('in a document that is closed says nothing', () => {
    survivals.watch('s', text, 4, 10);
    text.disposed.emit();
    vi.advanceTimersByTime(1_000_000);
    expect(told).toEqual([]);
  });

  it('is one of many', () => {
    survivals.watch('s', text, 4, 8);
    survivals.watch('t', text, 8, 10);
    text.change('x = ()', { retain: 4 }, { delete: 4 });
    vi.advanceTimersByTime(30_000);
    expect(told.map(({ kept_chars }) => kept_chars)).toEqual([0, 2]);
  });
});
