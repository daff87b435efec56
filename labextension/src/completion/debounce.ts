/**
 * How long to wait for a pause in typing: the person's rhythm, less what the answer takes anyway. Pure.
 * Tabby waits so too (its factors are other ones).
 */

/** A longer gap between two keys is a pause and no rhythm. */
const PAUSE_MS = 1000;
/** What is assumed before the first keys: a typist of 60 words a minute. */
const GAP_MS = 200;
/** A slower answer counts as one of this, so that one cold start is forgotten soon. */
const MOST_LATENCY_MS = 500;
/** Weight of the newest of a running mean. */
const NEWEST = 0.2;
/**
 * No key came for so much of a gap: long enough that a burst of keys asks once, and the same inside a word and behind
 * a sign, since a half-typed word is answered as well and costs the model one token (`bench --suite keystrokes`).
 */
const GAPS = 0.4;

/** The pace of one typist; a page has one. Times are milliseconds of a monotonic clock. */
export class Rhythm {
  /** A key was typed. */
  key(nowMs: number): void {
    const gapMs = nowMs - this._lastMs;
    this._lastMs = nowMs;
    if (gapMs < PAUSE_MS) {
      this._gapMs += NEWEST * (gapMs - this._gapMs);
    }
  }

  /** An answer's first text took so long. */
  answered(latencyMs: number): void {
    const counted = Math.min(latencyMs, MOST_LATENCY_MS);
    const former = this._latencyMs ?? counted;
    this._latencyMs = former + NEWEST * (counted - former);
  }

  /**
   * How long to wait from now.
   *
   * @param maxMs - Never longer.
   */
  waitMs(nowMs: number, maxMs: number): number {
    const sinceKeyMs = nowMs - this._lastMs;
    const waitMs = GAPS * this._gapMs - (this._latencyMs ?? 0) - sinceKeyMs;
    return Math.round(Math.min(Math.max(waitMs, 0), maxMs));
  }

  private _lastMs = -Infinity;
  private _gapMs = GAP_MS;
  private _latencyMs: number | null = null;
}

/** Resolves after the wait, or at once when it is aborted. */
export function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (ms <= 0 || signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
