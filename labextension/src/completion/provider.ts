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
import type { Offers } from '../outcomes/offers';
import type { CompleteRequest, Line, TextLine, Trigger } from '../server/wire';
import type { Settings } from '../settings/settings';
import type { IClient, IStatusModel } from '../tokens';
import { PROVIDER_ID } from '../tokens';
import type { Asked, Reader } from './context';
import { waited } from './debounce';
import type { Rhythm } from './debounce';
import type { Prefetch } from './prefetch';
import type { IQuestion, Session, Sessions } from './session';
import { follow } from './streams';

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

/** Answers core's questions. A page has one. */
export class Provider implements IInlineCompletionProvider {
  readonly identifier = PROVIDER_ID;
  readonly name = 'mccom';
  readonly schema = SCHEMA;
  readonly icon?: LabIcon.ILabIcon;

  constructor(private readonly _options: IProviderOptions) {
    this.icon = _options.icon;
  }

  /** The first text of the answer as one item, or no item. Never rejects. */
  async fetch(
    request: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList> {
    try {
      const asked = this._options.status.enabled
        ? this._options.reader.read(request, context)
        : null;
      const trigger: number = context.triggerKind;
      const invoked = trigger === INVOKED;
      const item = asked ? await this._answer(asked, invoked) : null;
      return { items: item ? [item] : [] };
    } catch (error) {
      this._options.status.report(String(error));
      return { items: [] };
    }
  }

  /** The rest of an answer: see streams.ts. */
  async *stream(
    token: string
  ): AsyncGenerator<{ response: IInlineCompletionItem }> {
    const stream = this._options.sessions.takeStream(token);
    if (stream) {
      yield* follow(
        stream,
        trouble => {
          this._options.status.report(trouble);
        },
        this._options.isStill()
      );
    }
  }

  /** What was typed since agrees with the document's last suggestion, of which something is left. */
  continues(asked: Asked): boolean {
    return this._sessionOf(asked).rest(asked) !== null;
  }

  /** What was asked for the newest suggestion, if that is this one. */
  requestOf(suggestionId: string): CompleteRequest | null {
    return this._newest?.id === suggestionId ? this._newest.request : null;
  }

  /** The next invocation asks the cloud. */
  askNext(): void {
    this._askNext = true;
  }

  /** A key that types along with the visible suggestion is answered here; the server hears of it with the outcome. */
  private async _answer(
    asked: Asked,
    invoked: boolean
  ): Promise<IInlineCompletionItem | null> {
    if (!invoked && !asked.focused()) {
      return null; // core hears of shared text in every view of it, and shows nothing in this one
    }
    const { offers, settings } = this._options;
    const session = this._sessionOf(asked);
    if (asked.isComposing() && !(await this._committed(asked, session))) {
      return null;
    }
    const rest = invoked ? null : session.rest(asked);
    if (rest) {
      const item = { insertText: rest.left };
      offers.attach(item, rest.offer);
      return item;
    }
    session.supersede();
    if (!invoked && this._options.status.snoozed) {
      return null;
    }
    if (!session.mayAsk(asked, invoked, settings.values)) {
      return null;
    }
    const question = session.ask(asked, invoked);
    return (await this._paused(question)) ? this._ask(session, question) : null;
  }

  /** False when an input method committed something else than it had written when this was asked. */
  private async _committed(asked: Asked, session: Session): Promise<boolean> {
    session.supersede();
    await asked.composed();
    return isUnchanged(asked);
  }

  /** False when the person went on meanwhile. */
  private async _paused({
    asked,
    invoked,
    control
  }: IQuestion): Promise<boolean> {
    if (invoked) {
      return true;
    }
    const { rhythm, settings } = this._options;
    const maxMs = settings.values.debounce_max_ms;
    const waitMs = rhythm.waitMs(performance.now(), maxMs);
    await waited(waitMs, control.signal);
    return !control.signal.aborted && isUnchanged(asked);
  }

  private async _ask(
    session: Session,
    question: IQuestion
  ): Promise<IInlineCompletionItem | null> {
    const { client, prefetch, rhythm, settings } = this._options;
    const { asked, control } = question;
    const request: CompleteRequest = {
      ...asked.position,
      trigger: this._trigger(question),
      multiline: settings.values.multiline,
      last: session.outcomes.takeLast(),
      deadline_s: DEADLINE_S
    };
    const startMs = performance.now();
    prefetch.asked(request);
    const answer = client.complete(request, control.signal);
    const lines = answer[Symbol.asyncIterator]();
    const line = await this._firstText(lines);
    if (control.signal.aborted) {
      return null;
    }
    rhythm.answered(performance.now() - startMs);
    if (line && line.suggestion_id !== this._newest?.id) {
      this._newest = { id: line.suggestion_id, request };
    }
    session.outcomes.answered(line?.suggestion_id ?? null);
    return line && this._item(session, question, line, lines);
  }

  /** Null when the answer ends without a text. */
  private async _firstText(
    lines: AsyncIterator<Line>
  ): Promise<TextLine | null> {
    for (;;) {
      const next: IteratorResult<Line, unknown> = await lines.next();
      if (next.done) {
        return null;
      }
      const { value } = next;
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

  /** What core is given of an answer's first text. */
  private _item(
    session: Session,
    question: IQuestion,
    line: TextLine,
    lines: AsyncIterator<Line>
  ): IInlineCompletionItem {
    const offer = session.offer(line, question);
    const item: IInlineCompletionItem = { insertText: line.text };
    if (!offer.final) {
      const token = line.request_id;
      item.isIncomplete = true;
      item.token = token;
      session.keep({ token, lines, question, offer });
    }
    this._options.offers.attach(item, offer);
    return item;
  }

  /** A second invocation at the same place asks the cloud. */
  private _trigger({ asked, invoked }: IQuestion): Trigger {
    const { document, cell_id, prefix } = asked.position;
    const place = invoked ? JSON.stringify([document, cell_id, prefix]) : '';
    const repeated = place === this._invokedAt || this._askNext;
    this._invokedAt = place;
    this._askNext = false;
    if (!invoked) {
      return 'typing';
    }
    return repeated ? 'ask' : 'invoke';
  }

  private _sessionOf({ position }: Asked): Session {
    return this._options.sessions.of(position.document);
  }

  /** Where the person asked by hand, if that was the last question. */
  private _invokedAt = '';
  private _askNext = false;
  /** The newest suggestion, and the request that it answered first. */
  private _newest: { id: string; request: CompleteRequest } | null = null;
}

function isUnchanged(asked: Asked): boolean {
  const now = asked.now();
  return now?.text === asked.place.text && now.cursor === asked.place.cursor;
}

/** What a Provider needs. */
export interface IProviderOptions {
  client: Pick<IClient, 'complete'>;
  status: Pick<IStatusModel, 'enabled' | 'snoozed' | 'report' | 'answered'>;
  sessions: Sessions;
  offers: Offers;
  settings: Pick<Settings, 'values'>;
  rhythm: Pick<Rhythm, 'waitMs' | 'answered'>;
  /** Hears what is sent, which then needs no prefetch. */
  prefetch: Pick<Prefetch, 'asked'>;
  reader: Pick<Reader, 'read'>;
  /** The person wants no motion: a text is shown as it comes first, and then whole. */
  isStill(): boolean;
  /** Shown beside the suggestion. */
  icon?: LabIcon.ILabIcon;
}
