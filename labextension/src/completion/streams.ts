/**
 * The rest of an answer whose first text was given to core: the full text each time, less what was typed along since
 * the request. Core never ends a stream, so this one ends when it is superseded or contradicted.
 */

import type { IInlineCompletionItem } from '@jupyterlab/completer';
import type { IOffer } from '../outcomes/offers';
import type { Line, TextLine } from '../server/wire';
import type { Asked } from './context';

/** An answer that goes on. */
export interface IStream {
  lines: AsyncIterator<Line>;
  asked: Asked;
  offer: IOffer;
  running: AbortController;
}

/** One a provider. */
export class Streams {
  /** @param _report - Hears why an answer broke. */
  constructor(private readonly _report: (trouble: string) => void) {}

  /** Kept until core asks for it, or it is aborted. */
  open(token: string, stream: IStream): void {
    this._streams.set(token, stream);
    stream.running.signal.addEventListener('abort', () =>
      this._streams.delete(token)
    );
  }

  /** Never throws. */
  async *follow(
    token: string
  ): AsyncGenerator<{ response: IInlineCompletionItem }> {
    const stream = this._streams.get(token);
    this._streams.delete(token);
    if (!stream) {
      return;
    }
    try {
      for await (const line of { [Symbol.asyncIterator]: () => stream.lines }) {
        if (line.type === 'trouble') {
          this._report(line.text);
          this._broke(stream);
          return;
        }
        const left = this._streamed(stream, line);
        if (left === null) {
          return;
        }
        if (left) {
          const isIncomplete = line.type === 'text';
          yield { response: { insertText: left, isIncomplete } };
        }
      }
    } catch (error) {
      this._report(String(error));
      this._broke(stream);
    } finally {
      stream.running.abort();
    }
  }

  /** No more text comes: what is shown is the whole suggestion. */
  private _broke({ offer }: IStream): void {
    const { id, text, outcomes } = offer;
    offer.final = true;
    outcomes.on({ type: 'streamed', id, text, final: true });
  }

  /** What is left of the line's text at the cursor; null when nobody waits for it any more. */
  private _streamed(stream: IStream, line: TextLine): string | null {
    const { asked, offer, running } = stream;
    const { id, outcomes } = offer;
    if (running.signal.aborted || !outcomes.isOpen(id) || !line.text) {
      return null;
    }
    offer.text = line.text;
    offer.final = line.type === 'final';
    outcomes.on({ type: 'streamed', id, text: line.text, final: offer.final });
    const now = asked.now();
    return now && offer.anchor.rest(now, line.text);
  }

  private readonly _streams = new Map<string, IStream>();
}
