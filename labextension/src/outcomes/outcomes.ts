/**
 * The life of a document's suggestions as a pure state machine: events in, exactly one Outcome a suggestion out.
 * Knows nothing of JupyterLab or HTTP; the clock is given.
 */

import type { Outcome, OutcomeKind } from '../server/wire';

/** Visible for less than this, a suggestion was not read: what the person did says nothing about the model. */
export const READ_MS = 750;

const ENDED_KEPT = 200;

/** What can happen to a suggestion. Events about an unknown or ended one are ignored. */
export type SuggestionEvent =
  /** An answer brought it; the same id again continues its life with what is left of the text. */
  | { type: 'offered' | 'streamed'; id: string; text: string; final: boolean }
  /** The person can see it. */
  | { type: 'painted'; id: string }
  /** Text was typed that agrees with it. */
  | { type: 'typedAlong'; id: string; left: string }
  /** Some of what was left was accepted. */
  | { type: 'partial'; id: string; chars: number }
  /** Something ended it: taken; contradicted by a key; text deleted; Esc; the cursor or focus left; replaced. */
  | { type: Ending; id: string };

/** The events that end a life. */
export type Ending =
  'accepted' | 'mismatch' | 'deleted' | 'dismissed' | 'moved' | 'superseded';

interface ILife {
  id: string;
  /** Characters of the whole suggestion, as far as it is known. */
  totalChars: number;
  /** Characters typed before the answer came that it continues. */
  baseChars: number;
  keptChars: number;
  final: boolean;
  partly: boolean;
  paintedMs: number | null;
}

/** The suggestions of a document that have not ended yet. A document has one. */
export class Outcomes {
  /**
   * @param nowMs - A monotonic clock in milliseconds.
   * @param ended - Called with each Outcome as it happens.
   */
  constructor(
    private readonly _nowMs: () => number,
    private readonly _ended: (outcome: Outcome) => void
  ) {}

  /** True while a suggestion has not ended. */
  isOpen(id: string): boolean {
    return this._lives.has(id);
  }

  /** The outcome that the next request carries; given once. */
  takeLast(): Outcome | null {
    const last = this._last;
    this._last = null;
    return last;
  }

  /** An answer came: what was offered before and never painted will not be painted any more. */
  answered(id: string | null): void {
    for (const life of [...this._lives.values()]) {
      if (life.id !== id && life.paintedMs === null) {
        this._end(life, 'superseded');
      }
    }
  }

  /** Takes one event. */
  on(event: SuggestionEvent): void {
    if (event.type === 'offered') {
      this._offered(event);
      return;
    }
    const life = this._lives.get(event.id);
    if (!life) {
      return;
    }
    switch (event.type) {
      case 'streamed':
        life.totalChars = life.baseChars + event.text.length;
        life.final = event.final;
        break;
      case 'painted':
        life.paintedMs ??= this._nowMs();
        break;
      case 'typedAlong':
        this._kept(life, life.totalChars - event.left.length);
        break;
      case 'partial':
        life.partly = true;
        this._kept(life, life.keptChars + event.chars);
        break;
      default:
        this._end(life, event.type);
    }
  }

  private _offered(event: { id: string; text: string; final: boolean }): void {
    const { id, final } = event;
    if (this._endedIds.has(id)) {
      return;
    }
    this.answered(id);
    const chars = event.text.length;
    const life = this._lives.get(id);
    if (!life) {
      this._lives.set(id, {
        id,
        totalChars: chars,
        baseChars: 0,
        keptChars: 0,
        final,
        partly: false,
        paintedMs: null
      });
      return;
    }
    life.totalChars = Math.max(life.totalChars, chars);
    life.baseChars = life.totalChars - chars;
    life.keptChars = Math.max(life.keptChars, life.baseChars);
    life.final = final;
  }

  private _kept(life: ILife, chars: number): void {
    life.keptChars = Math.min(Math.max(chars, 0), life.totalChars);
    if (life.final && life.keptChars >= life.totalChars) {
      this._end(life, 'whole');
    }
  }

  private _end(life: ILife, ending: Ending | 'whole'): void {
    const shownMs =
      life.paintedMs === null ? 0 : Math.round(this._nowMs() - life.paintedMs);
    const kind = kindOf(life, ending, shownMs);
    const outcome: Outcome = {
      suggestion_id: life.id,
      kind,
      kept_chars: keptOf(life, kind),
      shown_ms: shownMs
    };
    this._lives.delete(life.id);
    this._remember(life.id);
    if (kind !== 'unseen' || !this._last) {
      this._last = outcome;
    }
    this._ended(outcome);
  }

  private _remember(id: string): void {
    this._endedIds.add(id);
    for (const oldest of this._endedIds) {
      if (this._endedIds.size <= ENDED_KEPT) {
        break;
      }
      this._endedIds.delete(oldest);
    }
  }

  private readonly _lives = new Map<string, ILife>();
  private readonly _endedIds = new Set<string>();
  private _last: Outcome | null = null;
}

/** Characters that were kept: only those that were taken or typed count. */
function keptOf(life: ILife, kind: OutcomeKind): number {
  switch (kind) {
    case 'accepted':
      return life.totalChars;
    case 'typed':
    case 'partial':
      return life.keptChars;
    default:
      return 0;
  }
}

/** The kind of an outcome. Only a text that was visible long enough to be read can be rejected or dismissed. */
function kindOf(
  life: ILife,
  ending: Ending | 'whole',
  shownMs: number
): OutcomeKind {
  if (ending === 'accepted' || (ending === 'whole' && life.partly)) {
    return 'accepted';
  }
  if (life.paintedMs === null) {
    return 'unseen';
  }
  if (life.partly && life.keptChars > 0) {
    return 'partial';
  }
  switch (ending) {
    case 'whole':
      return 'typed';
    case 'mismatch':
    case 'deleted':
      return shownMs >= READ_MS ? 'rejected' : 'superseded';
    case 'dismissed':
      return shownMs >= READ_MS ? 'dismissed' : 'superseded';
    default:
      return ending;
  }
}
