/**
 * The wait for a pause: rhythm less latency.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rhythm, waited } from '../src/completion/debounce';

interface ICase {
  gap_ms: number;
  latency_ms: number;
  since_ms: number;
  max_ms: number;
  wait_ms: number;
}

const CASES = JSON.parse(
  readFileSync(resolve(__dirname, '../../tests/cases/debounce.json'), 'utf8')
) as ICase[];

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
  it.each(CASES)(
    'with gaps of $gap_ms ms, answers of $latency_ms ms, $since_ms ms after the key, at most $max_ms ms: $wait_ms ms',
    ({ gap_ms, latency_ms, since_ms, max_ms, wait_ms }) => {
      const [rhythm, nowMs] = typist(gap_ms);
      rhythm.answered(latency_ms);
      expect(
        Math.abs(rhythm.waitMs(nowMs + since_ms, max_ms) - wait_ms)
      ).toBeLessThanOrEqual(1);
    }
  );

  it('follows a person who gets slower', () => {
    const [rhythm, nowMs] = typist(80);
    const quick = rhythm.waitMs(nowMs, 1000);
    rhythm.key(nowMs + 400);
    expect(rhythm.waitMs(nowMs + 400, 1000)).toBeGreaterThan(quick);
  });

  it('takes no pause for rhythm', () => {
    const [rhythm, nowMs] = typist(100);
    rhythm.key(nowMs + 60_000);
    expect(rhythm.waitMs(nowMs + 60_000, 1000)).toBe(40);
  });

  it('is nothing before the first key', () => {
    expect(new Rhythm().waitMs(5, 300)).toBe(0);
  });

  it('is cut short when it is aborted', async () => {
    const running = new AbortController();
    const wait = waited(1e9, running.signal);
    running.abort();
    await wait;
    await waited(1e9, running.signal);
  });
});
