/**
 * Where a suggestion hangs in the text, and what a later text and cursor mean for it. Pure: knows nothing of editors,
 * requests or clocks. Offsets are JavaScript indices.
 */

import type { IPlace } from './place';

/** What happened to a suggestion between two places. */
export type Reading = 'same' | 'along' | 'mismatch' | 'deleted' | 'moved';

/** What stands at the cursor beyond the old end of the text: an editor that closes brackets by itself. */
const CLOSERS = /^[)\]}"'`]*$/;

/** The text typed at `start` since then; null when anything else changed, or the cursor went elsewhere. */
export function typedSince(start: IPlace, now: IPlace): string | null {
  const head = start.text.slice(0, start.cursor);
  const tail = start.text.slice(start.cursor);
  const after = now.text.slice(now.cursor);
  if (
    now.cursor < start.cursor ||
    !now.text.startsWith(head) ||
    !after.endsWith(tail) ||
    !CLOSERS.test(after.slice(0, after.length - tail.length))
  ) {
    return null;
  }
  return now.text.slice(start.cursor, now.cursor);
}

/** Follows one suggestion from the place that it was made for. */
export class Anchor {
  constructor(private readonly _start: IPlace) {
    this._last = _start;
  }

  /** What is left of `suggestion` at `now`; null when what stands there contradicts it. */
  rest(now: IPlace, suggestion: string): string | null {
    const typed = typedSince(this._start, now);
    return typed !== null && suggestion.startsWith(typed)
      ? suggestion.slice(typed.length)
      : null;
  }

  /** What happened since the last reading. Taking back what was typed along counts as deleting. */
  read(now: IPlace, suggestion: string): Reading {
    const last = this._last;
    this._last = now;
    if (now.text === last.text) {
      return now.cursor === last.cursor ? 'same' : 'moved';
    }
    if (now.text.length < last.text.length) {
      return 'deleted';
    }
    return this.rest(now, suggestion) === null ? 'mismatch' : 'along';
  }

  private _last: IPlace;
}
