/**
 * The life of the suggestions in one editor as a pure state machine: events in, exactly one Outcome a suggestion out.
 * Knows nothing of JupyterLab; the clock is given.
 */

import type { Outcome, OutcomeKind } from './wire';

/** Visible for less than this, a suggestion was not read: it says nothing about the model (design, One completion). */
export const READ_MS = 750;

interface ILife {
  id: string;
  keptChars: number;
  leftChars: number;
  paintedMs: number | null;
}

/** One a completer widget. */
export class Outcomes {
  /**
   * @param nowMs - A monotonic clock in milliseconds.
   * @param ended - Called with each Outcome as it happens.
   */
  constructor(
    private readonly _nowMs: () => number,
    private readonly _ended: (outcome: Outcome) => void
  ) {}

  /** Id of the suggestion under way, null when there is none. */
  get current(): string | null {
    return this._life?.id ?? null;
  }

  /** A suggestion is the one to show; the same id again continues its life. */
  offered(id: string, chars: number): void {
    if (this._life?.id === id) {
      this._life.leftChars = chars;
      return;
    }
    this._end('superseded');
    this._life = { id, keptChars: 0, leftChars: chars, paintedMs: null };
  }

  /** The person can see it. */
  painted(): void {
    if (this._life && this._life.paintedMs === null) {
      this._life.paintedMs = this._nowMs();
    }
  }

  /** Characters were typed that agree with it; `left` remain. */
  typedAlong(left: number): void {
    if (!this._life) {
      return;
    }
    this._life.keptChars += this._life.leftChars - left;
    this._life.leftChars = left;
    if (left === 0) {
      this._end('typed');
    }
  }

  /** Something else was typed, or text was deleted. */
  contradicted(): void {
    this._end(this._read() ? 'rejected' : 'superseded');
  }

  /** Tab, or any other way to take all that is left. */
  accepted(): void {
    if (this._life) {
      this._life.keptChars += this._life.leftChars;
      this._life.leftChars = 0;
    }
    this._end('accepted');
  }

  /** Esc. */
  dismissed(): void {
    this._end(this._read() ? 'dismissed' : 'superseded');
  }

  /** The cursor went elsewhere, the editor lost the focus, or the cell was run. */
  moved(): void {
    this._end('moved');
  }

  private _read(): boolean {
    return this._shownMs() >= READ_MS;
  }

  private _shownMs(): number {
    const painted = this._life?.paintedMs ?? null;
    return painted === null ? 0 : Math.round(this._nowMs() - painted);
  }

  private _end(kind: OutcomeKind): void {
    const life = this._life;
    if (!life) {
      return;
    }
    const outcome: Outcome = {
      suggestion_id: life.id,
      kind:
        life.paintedMs === null && kind !== 'accepted' && kind !== 'typed'
          ? 'unseen'
          : kind,
      kept_chars: life.keptChars,
      shown_ms: this._shownMs()
    };
    this._life = null;
    this._ended(outcome);
  }

  private _life: ILife | null = null;
}
