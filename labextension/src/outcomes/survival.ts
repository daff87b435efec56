/**
 * Measures whether accepted text stays: follows it through later edits and reports how much is left after some time.
 * Knows nothing of HTTP. A document that is closed ends it without a word.
 */

import type { ISignal } from '@lumino/signaling';
import type { Survival } from '../server/wire';
import { after, editsOf, lengthOf } from './ranges';
import type { IStep, Range } from './ranges';

/** Seconds after the accept. */
const AFTER_S = [30, 300] as const;

/** What of a shared text is needed. */
export interface IText {
  getSource(): string;
  readonly changed: ISignal<unknown, { sourceChange?: readonly IStep[] }>;
  readonly disposed: ISignal<unknown, void>;
}

/** The accepted texts of a document that are still followed. A document has one. */
export class Survivals {
  /** @param _tell - Called once for each time after an accept. */
  constructor(private readonly _tell: (survival: Survival) => void) {}

  /** Text `from`..`to` was accepted just now; more of the same suggestion begins anew. */
  watch(id: string, text: IText, from: number, to: number): void {
    this._end(id);
    const watched = new Watched(text, [from, to], () => this._end(id));
    this._watched.set(id, watched);
    for (const after_s of AFTER_S) {
      watched.at(after_s, kept_chars => {
        this._tell({
          suggestion_id: id,
          after_s,
          kept_chars,
          of_chars: to - from
        });
      });
    }
    watched.at(AFTER_S[AFTER_S.length - 1], () => this._end(id));
  }

  /** Nothing is followed any more, and nothing told. */
  close(): void {
    [...this._watched.keys()].forEach(id => {
      this._end(id);
    });
  }

  private _end(id: string): void {
    this._watched.get(id)?.end();
    this._watched.delete(id);
  }

  private readonly _watched = new Map<string, Watched>();
}

/** One accepted text. */
class Watched {
  constructor(
    private readonly _text: IText,
    range: Range,
    private readonly _closed: () => void
  ) {
    this._ranges = [range];
    this._source = _text.getSource();
    _text.changed.connect(this._changed);
    _text.disposed.connect(this._closed);
  }

  at(afterS: number, tell: (keptChars: number) => void): void {
    this._timers.push(
      setTimeout(() => tell(lengthOf(this._ranges)), afterS * 1000)
    );
  }

  end(): void {
    this._timers.forEach(timer => clearTimeout(timer));
    this._text.changed.disconnect(this._changed);
    this._text.disposed.disconnect(this._closed);
  }

  private readonly _changed = (
    _: unknown,
    change: { sourceChange?: readonly IStep[] }
  ): void => {
    if (change.sourceChange) {
      const edits = editsOf(change.sourceChange, this._source);
      this._ranges = edits.reduce(after, this._ranges);
      this._source = this._text.getSource();
    }
  };

  private _ranges: Range[];
  private _source: string;
  private readonly _timers: ReturnType<typeof setTimeout>[] = [];
}
