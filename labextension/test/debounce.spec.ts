/**
 * The wait for a pause: rhythm less latency.
 */

import { describe, expect, it } from 'vitest';
import { Rhythm, waited } from '../src/debounce';

/** Someone who types with even gaps, and the time of the last key. */
function typist(gapMs: number): [Rhythm, number] {
  const rhythm = new Rhythm();
  let nowMs = 0;
  for (let i = 0; i < 60; i++) {
    rhythm.key((nowMs += gapMs));
  }
  return [rhythm, nowMs];
}

describe('the wait', () => {
  it.each([
    // gap, latency, text before the cursor, since the key, longest, wait
    [200, 0, 'df.', 0, 300, 200],
    [200, 0, 'df.me', 0, 300, 300],
    [200, 0, 'df.me', 0, 150, 150],
    [100, 0, 'df.me', 0, 300, 150],
    [100, 0, 'df.me', 75, 300, 75],
    [100, 60, 'df.me', 75, 300, 15],
    [100, 500, 'df.me', 0, 300, 0],
    [100, 0, 'df.me', 700, 300, 0],
    [100, 0, 'df.me', 0, 0, 0]
  ])(
    'with gaps of %i ms, answers of %i ms, behind %j, %i ms after the key, at most %i ms: %i ms',
    (gapMs, latencyMs, before, sinceMs, maxMs, waitMs) => {
      const [rhythm, nowMs] = typist(gapMs);
      rhythm.answered(latencyMs);
      expect(
        Math.abs(rhythm.waitMs(before, nowMs + sinceMs, maxMs) - waitMs)
      ).toBeLessThanOrEqual(1);
    }
  );

  it('follows a person who gets slower', () => {
    const [rhythm, nowMs] = typist(80);
    const quick = rhythm.waitMs('a', nowMs, 1000);
    rhythm.key(nowMs + 400);
    expect(rhythm.waitMs('a', nowMs + 400, 1000)).toBeGreaterThan(quick);
  });

  it('takes no pause for rhythm', () => {
    const [rhythm, nowMs] = typist(100);
    rhythm.key(nowMs + 60_000);
    expect(rhythm.waitMs('a', nowMs + 60_000, 1000)).toBe(150);
  });

  it('is nothing before the first key', () => {
    expect(new Rhythm().waitMs('a', 5, 300)).toBe(0);
  });

  it('is cut short when it is aborted', async () => {
    const running = new AbortController();
    const wait = waited(1e9, running.signal);
    running.abort();
    await wait;
    await waited(1e9, running.signal);
  });
});
