/**
 * Rest → one warm-up; a key → none.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { REST_MS, Prefetch } from '../src/completion/prefetch';
import type { CompleteRequest } from '../src/server/wire';

function at(prefix: string): CompleteRequest {
  return {
    client_id: 'w',
    request_id: 'r',
    document: 'a.ipynb',
    cell_id: 'c',
    language: 'python',
    prefix,
    suffix: '',
    cells_before: [],
    cells_after: [],
    trigger: 'typing',
    last: null,
    deadline_s: 30
  };
}

describe('a warmer', () => {
  let here: CompleteRequest | null;
  let sent: string[];
  let running: AbortSignal[];
  let read: () => void;
  let warmer: Prefetch;

  beforeEach(() => {
    vi.useFakeTimers();
    here = at('a');
    sent = [];
    running = [];
    warmer = new Prefetch(
      () => here,
      (request, signal) => {
        sent.push(request.prefix);
        running.push(signal);
        return new Promise(resolve => {
          read = resolve;
          signal.addEventListener('abort', () => resolve());
        });
      }
    );
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const rest = (): void => {
    warmer.moved();
    vi.advanceTimersByTime(REST_MS);
  };

  it('sends where the cursor rests', () => {
    warmer.moved();
    vi.advanceTimersByTime(REST_MS - 1);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual(['a']);
  });

  it('sends nothing while the cursor goes on', () => {
    for (let i = 0; i < 5; i++) {
      warmer.moved();
      vi.advanceTimersByTime(REST_MS - 1);
    }
    expect(sent).toEqual([]);
  });

  it('sends a place once that was read', async () => {
    rest();
    read();
    await vi.advanceTimersByTimeAsync(0);
    rest();
    expect(sent).toEqual(['a']);
    here = at('b');
    rest();
    expect(sent).toEqual(['a', 'b']);
  });

  it('sends a place again whose reading was given up', () => {
    rest();
    here = at('b');
    warmer.moved();
    here = at('a');
    rest();
    expect(sent).toEqual(['a', 'a']);
  });

  it('has at most one on its way', () => {
    rest();
    here = at('b');
    rest();
    expect(running.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('is stopped by a key, before and after it has sent', () => {
    rest();
    warmer.stop();
    expect(running[0].aborted).toBe(true);
    here = at('b');
    warmer.moved();
    warmer.stop();
    vi.advanceTimersByTime(10 * REST_MS);
    expect(sent).toEqual(['a']);
  });

  it('sends nothing where an answer was asked for, and nothing where there is nothing to ask', () => {
    warmer.asked(at('a'));
    rest();
    here = null;
    rest();
    expect(sent).toEqual([]);
  });
});
