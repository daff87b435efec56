/**
 * What stands behind an item that core shows: the suggestion, its text and place, and the document that it is for.
 * Knows nothing of HTTP or of how a suggestion is painted.
 */

import type { Route } from '../server/wire';
import type { Anchor } from './anchor';
import type { Outcomes } from './outcomes';
import type { Survivals } from './survival';

/** The document that a suggestion is for: `completion/session.ts`. */
export interface ISuggested {
  readonly outcomes: Outcomes;
  readonly survivals: Survivals;
  /** The person sent a suggestion away; `before` is the text before the cursor. */
  dismissed(cellId: string, before: string): void;
}

/** A suggestion that the provider gave to core in an item. */
export interface IOffer {
  readonly id: string;
  readonly session: ISuggested;
  /** Empty in the file editor. */
  readonly cellId: string;
  readonly anchor: Anchor;
  /** Tab takes one line at a time. */
  readonly byLine: boolean;
  /** The text at the anchor; grows while it streams. */
  text: string;
  /** Where the text comes from, and why. */
  route: Route;
  /** No more text comes. */
  final: boolean;
}

/** Which suggestion stands behind an item of core. A page has one. */
export class Offers {
  /** Remembers what stands behind an item; core keeps the very object that the provider returned. */
  attach(item: object, offer: IOffer): void {
    this._offers.set(item, offer);
  }

  /** Null for another provider's item. */
  of(item: object | null | undefined): IOffer | null {
    return (item && this._offers.get(item)) ?? null;
  }

  private readonly _offers = new WeakMap<object, IOffer>();
}
