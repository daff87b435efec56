/**
 * Asks the server to read a position ahead of the next key: when a cell is entered or the cursor stands still.
 * Knows nothing of editors or HTTP.
 */

import type { CompleteRequest } from '../server/wire';

/** The cursor has to rest so long. */
export const REST_MS = 400;

/** Asks for positions in advance: one at a time, and none while something is typed. A page has one. */
export class Prefetch {
  /**
   * @param read - What would be asked where the cursor is now; null where nothing would.
   * @param send - Sends it; never rejects, ends when aborted.
   */
  constructor(
    private readonly _read: () => CompleteRequest | null,
    private readonly _send: (
      request: CompleteRequest,
      signal: AbortSignal
    ) => Promise<void>
  ) {}

  /** The cursor came to another place, without a key that changes the text. */
  moved(): void {
    this.stop();
    this._timer = setTimeout(() => this._rested(), REST_MS);
  }

  /** A key, or the editor was left: nothing is on its way any more. */
  stop(): void {
    clearTimeout(this._timer);
    if (this._running) {
      this._running.abort();
      this._running = null;
      this._known = '';
    }
  }

  /** This position was sent for an answer: there is nothing left to warm. */
  asked(request: CompleteRequest): void {
    this.stop();
    this._known = nameOf(request);
  }

  private _rested(): void {
    const request = this._read();
    if (!request || nameOf(request) === this._known) {
      return;
    }
    this._known = nameOf(request);
    const running = new AbortController();
    this._running = running;
    void this._send(request, running.signal).finally(() => {
      if (this._running === running) {
        this._running = null;
      }
    });
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _running: AbortController | null = null;
  /** The position that the server has read last. */
  private _known = '';
}

function nameOf(request: CompleteRequest): string {
  const { document, cell_id, prefix, suffix } = request;
  return JSON.stringify([document, cell_id, prefix, suffix]);
}
