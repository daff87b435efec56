/**
 * The rest of an answer whose first text was given to core: the full text each time, less what was typed along since
 * the request. Core never ends a stream, so this one ends when it is superseded or contradicted.
 */

import type { IInlineCompletionItem } from '@jupyterlab/completer';
import type { IPlace } from '../outcomes/anchor';
import type { TextLine } from '../server/wire';
import type { IStream } from './session';

/**
 * The texts that are left to show. Never throws.
 *
 * @param report - Hears why an answer broke.
 * @param isStill - Of what comes, only the whole text is given.
 */
export async function* follow(
  stream: IStream,
  report: (trouble: string) => void,
  isStill = false
): AsyncGenerator<{ response: IInlineCompletionItem }> {
  const { lines, question } = stream;
  try {
    for await (const line of { [Symbol.asyncIterator]: () => lines }) {
      if (line.type === 'trouble') {
        report(line.text);
        broke(stream);
        return;
      }
      if (isStill && line.type === 'text') {
        continue; // Tab takes what is seen
      }
      const left = streamed(stream, line);
      if (left === null) {
        return;
      }
      if (left) {
        const isIncomplete = line.type === 'text';
        yield { response: { insertText: left, isIncomplete } };
      }
    }
  } catch (error) {
    report(String(error));
    broke(stream);
  } finally {
    question.control.abort();
  }
}

/** No more text comes: what is shown is the whole suggestion. */
function broke({ offer }: IStream): void {
  const { id, text, session } = offer;
  offer.final = true;
  session.outcomes.on({ type: 'streamed', id, text, final: true });
}

/** What is left of the line's text at the cursor; null when nobody waits for it any more. */
function streamed(stream: IStream, line: TextLine): string | null {
  const { offer, question } = stream;
  const { asked, control } = question;
  const { outcomes } = offer.session;
  if (control.signal.aborted || !outcomes.isOpen(offer.id) || !line.text) {
    return null;
  }
  const now = asked.now();
  if (now && !line.text.startsWith(offer.text) && typedOn(stream, now)) {
    broke(stream); // another text replaces the shown one only while nothing was typed
    return null;
  }
  offer.text = line.text;
  offer.route = line.route;
  offer.final = line.type === 'final';
  outcomes.on({
    type: 'streamed',
    id: offer.id,
    text: line.text,
    final: offer.final
  });
  return now && offer.anchor.rest(now, line.text);
}

/** Something was typed of the text that is shown. */
function typedOn({ offer }: IStream, now: IPlace): boolean {
  return offer.anchor.rest(now, offer.text) !== offer.text;
}
