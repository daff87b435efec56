/**
 * What the provider and the completer widgets both know of a suggestion: its text, its place, its document's outcomes.
 * Knows nothing of HTTP or of how a suggestion is painted.
 */

import type { IClient } from '../tokens';
import type { Anchor } from './anchor';
import { Outcomes } from './outcomes';

/** A suggestion that the provider gave to core in an item. */
export interface IOffer {
  readonly id: string;
  readonly document: string;
  /** Empty in the file editor. */
  readonly cellId: string;
  readonly anchor: Anchor;
  readonly outcomes: Outcomes;
  /** The text at the anchor; grows while it streams. */
  text: string;
  /** No more text comes. */
  final: boolean;
}

/** One a page. */
export class Suggestions {
  /**
   * @param client - Hears every outcome.
   * @param nowMs - A monotonic clock in milliseconds.
   */
  constructor(
    private readonly _client: Pick<IClient, 'outcome'>,
    private readonly _nowMs: () => number = () => performance.now()
  ) {}

  /** The outcomes of a document. */
  outcomesOf(document: string): Outcomes {
    let outcomes = this._outcomes.get(document);
    if (!outcomes) {
      outcomes = new Outcomes(
        this._nowMs,
        outcome => void this._client.outcome(outcome)
      );
      this._outcomes.set(document, outcomes);
    }
    return outcomes;
  }

  /** Remembers what stands behind an item; core keeps the very object that the provider returned. */
  attach(item: object, offer: IOffer): void {
    this._offers.set(item, offer);
  }

  /** Null for another provider's item. */
  offerOf(item: object | null | undefined): IOffer | null {
    return (item && this._offers.get(item)) ?? null;
  }

  private readonly _outcomes = new Map<string, Outcomes>();
  private readonly _offers = new WeakMap<object, IOffer>();
}
