/**
 * What the provider and the completer widgets both know: the outcome that the next request carries, and streams.
 * Knows nothing of editors or HTTP.
 */

import type { IClient } from './tokens';
import type { Outcome } from './wire';

/** One a page. */
export class Suggestions {
  constructor(private readonly _client: IClient) {}

  /** A suggestion of this document ended: tells the server, and keeps it for the next request. */
  ended(document: string, outcome: Outcome): void {
    this._last.set(document, outcome);
    void this._client.outcome(outcome);
  }

  /** The last outcome in a document, given once. */
  takeLast(document: string): Outcome | null {
    const outcome = this._last.get(document) ?? null;
    this._last.delete(document);
    return outcome;
  }

  /** The document of a suggestion; empty when unknown. */
  documentOf(suggestionId: string): string {
    return this._documents.get(suggestionId) ?? '';
  }

  /** Remembers where a suggestion was asked for. */
  belongs(suggestionId: string, document: string): void {
    this._documents.delete(suggestionId);
    this._documents.set(suggestionId, document);
    for (const oldest of this._documents.keys()) {
      if (this._documents.size <= 200) {
        break;
      }
      this._documents.delete(oldest);
    }
  }

  private readonly _last = new Map<string, Outcome>();
  private readonly _documents = new Map<string, string>();
}
