/**
 * What the person does → one Outcome a suggestion. The clock is a number that the tests move.
 */

import { describe, expect, it } from 'vitest';
import type { Ending, SuggestionEvent } from '../src/outcomes/outcomes';
import { Outcomes, READ_MS } from '../src/outcomes/outcomes';
import type { Outcome } from '../src/server/wire';

class Desk {
  nowMs = 1000;
  ended: Outcome[] = [];
  outcomes = new Outcomes(
    () => this.nowMs,
    outcome => this.ended.push(outcome)
  );

  offer(id: string, text: string, final = true): this {
    this.outcomes.on({ type: 'offered', id, text, final });
    return this;
  }

  paint(id: string): this {
    this.outcomes.on({ type: 'painted', id });
    return this;
  }

  along(id: string, left: string): this {
    this.outcomes.on({ type: 'typedAlong', id, left });
    return this;
  }

  end(id: string, type: Ending): this {
    this.outcomes.on({ type, id });
    return this;
  }

  wait(ms: number): this {
    this.nowMs += ms;
    return this;
  }
}

const outcome = (
  kind: Outcome['kind'],
  kept_chars = 0,
  shown_ms = 0,
  suggestion_id = 's'
): Outcome => ({ suggestion_id, kind, kept_chars, shown_ms });

describe('an ending and the time shown', () => {
  const cases: [Ending, number, Outcome][] = [
    ['accepted', 100, outcome('accepted', 6, 100)],
    ['mismatch', READ_MS, outcome('rejected', 0, READ_MS)],
    ['mismatch', READ_MS - 1, outcome('superseded', 0, READ_MS - 1)],
    ['deleted', READ_MS, outcome('rejected', 0, READ_MS)],
    ['deleted', READ_MS - 1, outcome('superseded', 0, READ_MS - 1)],
    ['dismissed', READ_MS, outcome('dismissed', 0, READ_MS)],
    ['dismissed', READ_MS - 1, outcome('superseded', 0, READ_MS - 1)],
    ['moved', 2000, outcome('moved', 0, 2000)],
    ['superseded', 2000, outcome('superseded', 0, 2000)]
  ];
  it.each(cases)('%s after %i ms', (ending, ms, expected) => {
    const desk = new Desk().offer('s', 'mean()').paint('s').wait(ms);
    expect(desk.end('s', ending).ended).toEqual([expected]);
  });

  it.each(['mismatch', 'deleted', 'dismissed', 'moved', 'superseded'] as const)(
    '%s of what was never painted is unseen',
    ending => {
      const desk = new Desk().offer('s', 'mean()').wait(5000);
      expect(desk.end('s', ending).ended).toEqual([outcome('unseen')]);
    }
  );
});

describe('typing along', () => {
  it('to the end is typed', () => {
    const desk = new Desk().offer('s', 'ab').paint('s').wait(10);
    desk.along('s', 'b').wait(10).along('s', '');
    expect(desk.ended).toEqual([outcome('typed', 2, 20)]);
  });

  it('and moving away is moved: what was typed stands there because of the person', () => {
    const desk = new Desk().offer('s', 'mean()').paint('s').along('s', 'n()');
    expect(desk.end('s', 'moved').ended).toEqual([outcome('moved')]);
  });

  it('and accepting the rest keeps the whole', () => {
    const desk = new Desk().offer('s', 'mean()').paint('s').along('s', 'n()');
    expect(desk.end('s', 'accepted').ended[0].kept_chars).toBe(6);
  });

  it('to the end of a stream so far is not the end', () => {
    const desk = new Desk().offer('s', 'ab', false).paint('s').along('s', '');
    expect(desk.ended).toEqual([]);
    desk.outcomes.on({ type: 'streamed', id: 's', text: 'abc', final: true });
    expect(desk.along('s', '').ended).toEqual([outcome('typed', 3)]);
  });
});

describe('the same suggestion again', () => {
  it('continues its life: one outcome, time from the first paint', () => {
    const desk = new Desk().offer('s', 'mean()').paint('s').wait(400);
    desk.along('s', 'ean()').offer('s', 'ean()').paint('s').wait(400);
    expect(desk.ended).toEqual([]);
    expect(desk.end('s', 'mismatch').ended).toEqual([
      outcome('rejected', 0, 800)
    ]);
  });

  it('counts what was typed before it could be painted', () => {
    const desk = new Desk().offer('s', 'mean()').offer('s', 'n()').paint('s');
    expect(desk.along('s', '').ended).toEqual([outcome('typed', 6)]);
  });

  it('is ignored after its end', () => {
    const desk = new Desk().offer('s', 'mean()').paint('s').end('s', 'moved');
    desk.offer('s', 'mean()').paint('s').end('s', 'accepted');
    expect(desk.ended).toEqual([outcome('moved')]);
  });
});

describe('partial accepts', () => {
  it('and then taken back whole is as if there had been none', () => {
    const desk = new Desk().offer('s', 'a b').paint('s').wait(READ_MS);
    desk.outcomes.on({ type: 'partial', id: 's', chars: 2 });
    expect(desk.along('s', 'a b').end('s', 'deleted').ended).toEqual([
      outcome('rejected', 0, READ_MS)
    ]);
  });

  it('and then something else is partial', () => {
    const desk = new Desk().offer('s', 'a b').paint('s').wait(READ_MS);
    desk.outcomes.on({ type: 'partial', id: 's', chars: 2 });
    expect(desk.end('s', 'mismatch').ended).toEqual([
      outcome('partial', 2, READ_MS)
    ]);
  });

  it('and then the rest is accepted', () => {
    const desk = new Desk().offer('s', 'a b').paint('s');
    desk.outcomes.on({ type: 'partial', id: 's', chars: 2 });
    expect(desk.end('s', 'accepted').ended).toEqual([outcome('accepted', 3)]);
  });
});

describe('the next answer', () => {
  it('ends what was never painted, and leaves what is on the screen', () => {
    const desk = new Desk().offer('s', 'ab').offer('t', 'cd').paint('t');
    expect(desk.ended).toEqual([outcome('unseen')]);
    desk.outcomes.answered(null);
    expect(desk.outcomes.isOpen('t')).toBe(true);
  });

  it('carries the last outcome once; unseen does not hide a rejection', () => {
    const desk = new Desk().offer('s', 'ab').paint('s').wait(READ_MS);
    desk.end('s', 'mismatch').offer('t', 'cd');
    desk.outcomes.answered(null);
    expect(desk.outcomes.takeLast()?.kind).toBe('rejected');
    expect(desk.outcomes.takeLast()).toBeNull();
  });
});

/** A small linear congruential generator: the same events on every run. */
function* random(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state / 2147483648;
  }
}

describe('any events in any order', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'give exactly one outcome a suggestion (seed %i)',
    seed => {
      const numbers = random(seed + 1);
      const below = (n: number): number =>
        Math.floor(n * (numbers.next().value ?? 0));
      const desk = new Desk();
      const offered = new Set<string>();
      const event = (): SuggestionEvent => {
        const id = `s${below(4) + Math.floor(desk.nowMs / 4000)}`;
        const text = 'x'.repeat(1 + below(9));
        const final = below(2) === 0;
        const events: SuggestionEvent[] = [
          { type: 'offered', id, text, final },
          { type: 'streamed', id, text, final },
          { type: 'painted', id },
          { type: 'typedAlong', id, left: text.slice(1) },
          { type: 'partial', id, chars: 1 + below(3) },
          { type: 'accepted', id },
          { type: 'mismatch', id },
          { type: 'deleted', id },
          { type: 'dismissed', id },
          { type: 'moved', id },
          { type: 'superseded', id }
        ];
        return events[below(events.length)];
      };
      for (let step = 0; step < 200; step++) {
        const next = event();
        if (next.type === 'offered') {
          offered.add(next.id);
        }
        desk.outcomes.on(next);
        desk.wait(below(500));
      }
      for (const id of offered) {
        desk.end(id, 'moved');
      }
      const ids = desk.ended.map(ended => ended.suggestion_id);
      expect(new Set(ids)).toEqual(offered);
      expect(ids.length).toBe(offered.size);
      for (const ended of desk.ended) {
        expect(ended.kept_chars).toBeGreaterThanOrEqual(0);
        expect(ended.shown_ms).toBeGreaterThanOrEqual(0);
      }
    }
  );
});
