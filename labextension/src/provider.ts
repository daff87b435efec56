/**
 * The one inline completion provider: a key → a request → ghost text. The cascade itself runs in the server.
 * Never throws (core would drop the reply of the provider that settles next) and never gives an empty item
 * (core would arm Tab for it). Knows nothing of HTTP or of what the person does with the text.
 */

import type {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider
} from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { LabIcon } from '@jupyterlab/ui-components';
import { Anchor } from './anchor';
import type { Asked } from './context';
import type { IOffer, Suggestions } from './suggestions';
import type { IClient, IStatusModel } from './tokens';
import { PROVIDER_ID } from './tokens';
import type { Line, TextLine, Trigger } from './wire';

const DEADLINE_S = 30;
/** InlineCompletionTriggerKind.Invoke; a number, so that tests need no JupyterLab. */
const INVOKED = 0;

interface IStream {
  lines: AsyncIterator<Line>;
  asked: Asked;
  offer: IOffer;
  running: AbortController;
}

/**
 * `debouncerDelay`: below the gap between two keys of a quick typist (about 100 ms), so that a pause is answered at
 * once and a burst asks once. `timeout`: core drops an answer that comes later; a cold start must not be dropped.
 */
const SCHEMA: ISettingRegistry.IProperty = {
  default: {
    enabled: true,
    autoFillInMiddle: true,
    debouncerDelay: 75,
    timeout: DEADLINE_S * 1000
  }
};

/** One a page. */
export class Provider implements IInlineCompletionProvider {
  readonly identifier = PROVIDER_ID;
  readonly name = 'mccom';
  readonly schema = SCHEMA;
  readonly icon?: LabIcon.ILabIcon;

  constructor(private readonly _options: Provider.IOptions) {
    this.icon = _options.icon;
  }

  /** The first text of the answer as one item, or no item. Never rejects. */
  async fetch(
    request: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList> {
    try {
      const asked = this._options.status.enabled
        ? this._options.read(request, context)
        : null;
      const item = asked
        ? await this._ask(asked, Number(context.triggerKind) === INVOKED)
        : null;
      return { items: item ? [item] : [] };
    } catch (error) {
      this._options.status.report(String(error));
      return { items: [] };
    }
  }

  /**
   * The full text each time, less what was typed along since the request: core puts it in place of what it has trimmed
   * by itself. Core never ends a stream, so this one ends when it is superseded or contradicted. Never throws.
   */
  async *stream(
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
          this._options.status.report(line.text);
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
      this._options.status.report(String(error));
      this._broke(stream);
    } finally {
      stream.running.abort();
    }
  }

  /** No more text comes: what is shown is the whole suggestion. */
  private _broke({ offer }: IStream): void {
    const { id, text, outcomes } = offer;
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
    const final = line.type === 'final';
    outcomes.on({ type: 'streamed', id, text: line.text, final });
    const now = asked.now();
    return now && offer.anchor.rest(now, line.text);
  }

  private async _ask(
    asked: Asked,
    invoked: boolean
  ): Promise<IInlineCompletionItem | null> {
    const { client, suggestions } = this._options;
    const { document } = asked.position;
    this._running.get(document)?.abort();
    const running = new AbortController();
    this._running.set(document, running);
    const outcomes = suggestions.outcomesOf(document);
    const lines = client
      .complete(
        {
          ...asked.position,
          trigger: this._trigger(asked, invoked),
          last: outcomes.takeLast(),
          deadline_s: DEADLINE_S
        },
        running.signal
      )
      [Symbol.asyncIterator]();
    const line = await this._firstText(lines);
    if (running.signal.aborted) {
      return null;
    }
    outcomes.answered(line?.suggestion_id ?? null);
    return line && this._item(line, { lines, asked, running });
  }

  /** Null when the answer ends without a text. */
  private async _firstText(
    lines: AsyncIterator<Line>
  ): Promise<TextLine | null> {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) {
        return null;
      }
      if (value.type === 'trouble') {
        this._options.status.report(value.text);
        return null;
      }
      this._options.status.answered(value);
      if (value.text || value.type === 'final') {
        return value.text ? value : null;
      }
    }
  }

  private _item(
    line: TextLine,
    stream: Omit<IStream, 'offer'>
  ): IInlineCompletionItem {
    const { suggestions } = this._options;
    const id = line.suggestion_id;
    const final = line.type === 'final';
    const offer: IOffer = {
      id,
      text: line.text,
      anchor: new Anchor(stream.asked.place),
      outcomes: suggestions.outcomesOf(stream.asked.position.document)
    };
    offer.outcomes.on({ type: 'offered', id, text: line.text, final });
    const item: IInlineCompletionItem = { insertText: line.text };
    if (!final) {
      item.isIncomplete = true;
      const token = line.request_id;
      item.token = token;
      this._streams.set(token, { ...stream, offer });
      stream.running.signal.addEventListener('abort', () =>
        this._streams.delete(token)
      );
    }
    suggestions.attach(item, offer);
    return item;
  }

  /** The next invocation asks the cloud. */
  askNext(): void {
    this._askNext = true;
  }

  /** A second invocation at the same place asks the cloud. */
  private _trigger({ position }: Asked, invoked: boolean): Trigger {
    const place = invoked
      ? JSON.stringify([position.document, position.cell_id, position.prefix])
      : '';
    const repeated = invoked && (place === this._invokedAt || this._askNext);
    this._invokedAt = place;
    this._askNext = false;
    return repeated ? 'ask' : invoked ? 'invoke' : 'typing';
  }

  private readonly _running = new Map<string, AbortController>();
  private readonly _streams = new Map<string, IStream>();
  private _invokedAt = '';
  private _askNext = false;
}

/** What a Provider needs. */
export namespace Provider {
  /** Parts of a Provider. */
  export interface IOptions {
    client: Pick<IClient, 'complete'>;
    status: Pick<IStatusModel, 'enabled' | 'report' | 'answered'>;
    suggestions: Suggestions;
    /** Editor → what is asked; null where nothing is. */
    read(
      request: CompletionHandler.IRequest,
      context: IInlineCompletionContext
    ): Asked | null;
    /** Shown beside the suggestion. */
    icon?: LabIcon.ILabIcon;
  }
}
