/**
 * Where a suggestion hangs in the text, and what a later text and cursor mean for it. Pure: knows nothing of editors,
 * requests or clocks. Offsets are JavaScript indices.
 */

/** The text of a cell or file, and the cursor as a JavaScript index into it. */
export interface IPlace {
  text: string;
  cursor: number;
}

/** What happened to a suggestion between two places. */
export type Reading = 'same' | 'along' | 'mismatch' | 'deleted' | 'moved';

/** What an editor that closes brackets by itself puts behind the cursor, and lets be typed over. */
const CLOSERS = /^[)\]}"'`]*$/;

/** The text typed at `start` since then; null when anything else changed, or the cursor went elsewhere. */
export function typedSince(start: IPlace, now: IPlace): string | null {
  const head = start.text.slice(0, start.cursor);
  const tail = start.text.slice(start.cursor);
  const typed = now.text.slice(start.cursor, now.cursor);
  const after = now.text.slice(now.cursor);
  if (now.cursor < start.cursor || !now.text.startsWith(head)) {
    return null;
  }
  if (after.endsWith(tail)) {
    return CLOSERS.test(after.slice(0, after.length - tail.length))
      ? typed
      : null;
  }
  const over = tail.slice(0, tail.length - after.length);
  return tail.endsWith(after) && CLOSERS.test(over) && typed.endsWith(over)
    ? typed
    : null;
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

  /** What stands behind the cursor at `now` is what stood there at first: no bracket was closed by the editor. */
  hasTail(now: IPlace): boolean {
    const { text, cursor } = this._start;
    return now.text.slice(now.cursor) === text.slice(cursor);
  }

  /** What happened since the last reading. Taking back what was typed along counts as deleting. */
  read(now: IPlace, suggestion: string): Reading {
    const last = this._last;
    this._last = now;
    const edited = now.text !== last.text;
    if (!edited && now.cursor === last.cursor) {
      return 'same';
    }
    if (now.text.length < last.text.length) {
      return 'deleted';
    }
    const forward = edited || now.cursor > last.cursor;
    if (forward && this.rest(now, suggestion) !== null) {
      return 'along';
    }
    return edited ? 'mismatch' : 'moved';
  }

  private _last: IPlace;
}
