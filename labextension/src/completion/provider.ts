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
import { Anchor, typedSince } from '../outcomes/anchor';
import type { IOffer, Suggestions } from '../outcomes/offers';
import type { CompleteRequest, Line, TextLine, Trigger } from '../server/wire';
import type { Settings } from '../settings/settings';
import type { IClient, IStatusModel } from '../tokens';
import { PROVIDER_ID } from '../tokens';
import type { Asked } from './context';
import { waited } from './debounce';
import type { Rhythm } from './debounce';
import { Streams } from './streams';
import type { IStream } from './streams';

const DEADLINE_S = 30;
/** InlineCompletionTriggerKind.Invoke; a number, so that tests need no JupyterLab. */
const INVOKED = 0;
/** Core waits so long by itself. */
const CORE_DELAY_MS = 75;

/**
 * `debouncerDelay`: below the gap between two keys of a quick typist (about 100 ms), so that a burst asks once; the
 * wait for a pause is `debounce.ts`. `timeout`: core drops an answer that comes later; a cold start must not be dropped.
 */
const SCHEMA: ISettingRegistry.IProperty = {
  default: {
    enabled: true,
    autoFillInMiddle: true,
    debouncerDelay: CORE_DELAY_MS,
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
    this._streams = new Streams(trouble => _options.status.report(trouble));
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
      const invoked = Number(context.triggerKind) === INVOKED;
      const item = asked ? await this._answer(asked, invoked) : null;
      return { items: item ? [item] : [] };
    } catch (error) {
      this._options.status.report(String(error));
      return { items: [] };
    }
  }

  /** See Streams.follow. */
  stream(token: string): AsyncGenerator<{ response: IInlineCompletionItem }> {
    return this._streams.follow(token);
  }

  /** What was typed since agrees with the document's last suggestion, of which something is left. */
  continues(asked: Asked): boolean {
    return this._rest(asked) !== null;
  }

  /** A key that types along with the visible suggestion is answered here; the server hears of it with the outcome. */
  private async _answer(
    asked: Asked,
    invoked: boolean
  ): Promise<IInlineCompletionItem | null> {
    if (!invoked && !asked.focused()) {
      return null; // core hears of shared text in every view of it, and shows nothing in this one
    }
    const rest = invoked ? null : this._rest(asked);
    if (rest) {
      return rest;
    }
    const { document } = asked.position;
    this._running.get(document)?.control.abort();
    this._shown.delete(document);
    if (!this._options.speaks(asked, invoked)) {
      return null;
    }
    const running = new AbortController();
    this._running.set(document, { control: running, asked, invoked });
    return (await this._paused(asked, invoked, running.signal))
      ? this._ask(asked, invoked, running)
      : null;
  }

  /** What is left of the document's last suggestion; null where only the server can say. */
  private _rest({ place, position }: Asked): IInlineCompletionItem | null {
    const offer = this._shown.get(position.document);
    if (
      !offer?.final ||
      offer.cellId !== position.cell_id ||
      !offer.outcomes.isOpen(offer.id) ||
      !offer.anchor.hasTail(place)
    ) {
      return null;
    }
    const insertText = offer.anchor.rest(place, offer.text);
    if (!insertText) {
      return null;
    }
    const item = { insertText };
    this._options.suggestions.attach(item, offer);
    return item;
  }

  /** False when the person went on meanwhile. */
  private async _paused(
    asked: Asked,
    invoked: boolean,
    signal: AbortSignal
  ): Promise<boolean> {
    if (invoked) {
      return true;
    }
    const { rhythm, settings } = this._options;
    const { place } = asked;
    const maxMs = settings.values.debounce_max_ms;
    const waitMs = rhythm.waitMs(performance.now(), maxMs);
    await waited(waitMs, signal);
    const now = asked.now();
    return (
      !signal.aborted && now?.cursor === place.cursor && now.text === place.text
    );
  }

  private async _ask(
    asked: Asked,
    invoked: boolean,
    running: AbortController
  ): Promise<IInlineCompletionItem | null> {
    const { client, rhythm, suggestions } = this._options;
    const outcomes = suggestions.outcomesOf(asked.position.document);
    const request: CompleteRequest = {
      ...asked.position,
      trigger: this._trigger(asked, invoked),
      multiline: this._options.settings.values.multiline,
      last: outcomes.takeLast(),
      deadline_s: DEADLINE_S
    };
    const startMs = performance.now();
    const lines = client
      .complete(request, running.signal)
      [Symbol.asyncIterator]();
    const line = await this._firstText(lines);
    if (running.signal.aborted) {
      return null;
    }
    rhythm.answered(performance.now() - startMs);
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
    const { document, cell_id } = stream.asked.position;
    const offer: IOffer = {
      id,
      document,
      cellId: cell_id,
      text: line.text,
      final,
      anchor: new Anchor(stream.asked.place),
      outcomes: suggestions.outcomesOf(document)
    };
    offer.outcomes.on({ type: 'offered', id, text: line.text, final });
    const item: IInlineCompletionItem = { insertText: line.text };
    if (!final) {
      item.isIncomplete = true;
      item.token = line.request_id;
      this._streams.open(line.request_id, { ...stream, offer });
    }
    this._shown.set(document, offer);
    suggestions.attach(item, offer);
    return item;
  }

  /** Cursor or focus may have gone elsewhere: an answer that core would not show is given up. */
  left(): void {
    for (const { control, asked, invoked } of this._running.values()) {
      const now = asked.now();
      const stays = now !== null && typedSince(asked.place, now) !== null;
      if (!invoked && !(stays && asked.focused())) {
        control.abort();
      }
    }
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

  private readonly _running = new Map<string, IRunning>();
  /** The last suggestion of each document. */
  private readonly _shown = new Map<string, IOffer>();
  private readonly _streams: Streams;
  private _invokedAt = '';
  private _askNext = false;
}

/** The newest question of a document. */
interface IRunning {
  control: AbortController;
  asked: Asked;
  invoked: boolean;
}

/** What a Provider needs. */
export namespace Provider {
  /** Parts of a Provider. */
  export interface IOptions {
    client: Pick<IClient, 'complete'>;
    status: Pick<IStatusModel, 'enabled' | 'report' | 'answered'>;
    suggestions: Suggestions;
    settings: Pick<Settings, 'values'>;
    rhythm: Pick<Rhythm, 'waitMs' | 'answered'>;
    /** Whether anything may be asked; the question is about to be sent. */
    speaks(asked: Asked, invoked: boolean): boolean;
    /** Editor → what is asked; null where nothing is. */
    read(
      request: CompletionHandler.IRequest,
      context: IInlineCompletionContext
    ): Asked | null;
    /** Shown beside the suggestion. */
    icon?: LabIcon.ILabIcon;
  }
}
