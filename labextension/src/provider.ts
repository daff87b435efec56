/**
 * The one inline completion provider: a key → a request → ghost text. The cascade itself runs in the server.
 * Never throws (core would drop the reply of the provider that settles next) and never gives an empty item
 * (core would arm Tab for it).
 */

import type {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionList,
  IInlineCompletionProvider
} from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Position } from './context';
import type { Suggestions } from './suggestions';
import type { IClient, IMccomItem, IStatusModel } from './tokens';
import { PROVIDER_ID } from './tokens';
import type { Line, Trigger } from './wire';

const DEADLINE_S = 30;
const INVOKED = 0;
const NOTHING: IInlineCompletionList<IMccomItem> = { items: [] };

interface IStream {
  lines: AsyncIterator<Line>;
  text: string;
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
export class Provider implements IInlineCompletionProvider<IMccomItem> {
  readonly identifier = PROVIDER_ID;
  readonly name = 'mccom';
  readonly schema = SCHEMA;

  constructor(private readonly _options: Provider.IOptions) {}

  /** See IInlineCompletionProvider. */
  async fetch(
    request: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList<IMccomItem>> {
    try {
      const position = this._options.status.enabled
        ? this._options.positionOf(request, context)
        : null;
      return position
        ? await this._ask(position, Number(context.triggerKind) === INVOKED)
        : NOTHING;
    } catch (error) {
      this._options.status.report(String(error));
      return NOTHING;
    }
  }

  /** See IInlineCompletionProvider: the full text each time, less what the person typed along meanwhile. */
  async *stream(token: string): AsyncGenerator<{ response: IMccomItem }> {
    const stream = this._streams.get(token);
    this._streams.delete(token);
    for (; stream;) {
      const { done, value } = await stream.lines.next();
      if (done || value.type === 'trouble') {
        return;
      }
      const rest = this._options.restOf(token, stream.text, value.text);
      if (rest === null) {
        return;
      }
      yield {
        response: {
          insertText: rest,
          suggestionId: value.suggestion_id,
          isIncomplete: value.type === 'text'
        }
      };
      if (value.type === 'final') {
        return;
      }
    }
  }

  private async _ask(
    position: Position,
    invoked: boolean
  ): Promise<IInlineCompletionList<IMccomItem>> {
    this._running.get(position.document)?.abort();
    const running = new AbortController();
    this._running.set(position.document, running);
    const { client, suggestions, status } = this._options;
    const lines = client
      .complete(
        {
          ...position,
          trigger: this._trigger(position, invoked),
          last: suggestions.takeLast(position.document),
          deadline_s: DEADLINE_S
        },
        running.signal
      )
      [Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await lines.next();
      if (done || running.signal.aborted) {
        return NOTHING;
      }
      if (value.type === 'trouble') {
        status.report(value.text);
        return NOTHING;
      }
      status.answered();
      if (value.text) {
        suggestions.belongs(value.suggestion_id, position.document);
        return { items: [this._item(value, lines)] };
      }
    }
  }

  private _item(
    line: Exclude<Line, { type: 'trouble' }>,
    lines: AsyncIterator<Line>
  ): IMccomItem {
    const item = { insertText: line.text, suggestionId: line.suggestion_id };
    if (line.type === 'final') {
      return item;
    }
    this._streams.set(line.suggestion_id, { lines, text: line.text });
    return { ...item, isIncomplete: true, token: line.suggestion_id };
  }

  /** A second invocation at the same place asks the cloud. */
  private _trigger(position: Position, invoked: boolean): Trigger {
    const place = invoked
      ? JSON.stringify([position.document, position.cell_id, position.prefix])
      : '';
    const repeated = invoked && place === this._invokedAt;
    this._invokedAt = place;
    return repeated ? 'ask' : invoked ? 'invoke' : 'typing';
  }

  private readonly _running = new Map<string, AbortController>();
  private readonly _streams = new Map<string, IStream>();
  private _invokedAt = '';
}

/** What a Provider needs. */
export namespace Provider {
  /** Parts of a Provider. */
  export interface IOptions {
    client: IClient;
    status: IStatusModel;
    suggestions: Suggestions;
    /** Editor → position; null where nothing is asked. */
    positionOf(
      request: CompletionHandler.IRequest,
      context: IInlineCompletionContext
    ): Position | null;
    /** What is left of a streamed text after typing along; null when typing contradicted it or it is gone. */
    restOf(suggestionId: string, first: string, text: string): string | null;
  }
}
