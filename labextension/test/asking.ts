/**
 * A provider whose client says what the test wrote, and an editor to type in.
 */

import type {
  IInlineCompletionContext,
  IInlineCompletionItem
} from '@jupyterlab/completer';
import type { Asked } from '../src/completion/context';
import { Provider } from '../src/completion/provider';
import { Sessions } from '../src/completion/session';
import type { IPlace } from '../src/outcomes/anchor';
import { Offers } from '../src/outcomes/offers';
import type {
  CompleteRequest,
  Line,
  Outcome,
  TextLine
} from '../src/server/wire';
import { DEFAULTS } from '../src/settings/settings';
import type { ISettings } from '../src/settings/settings';

export const TYPED: IInlineCompletionContext = {
  widget: Object.create(null),
  triggerKind: 1
};
export const INVOKED: IInlineCompletionContext = { ...TYPED, triggerKind: 0 };

/** Answers each request with the next script; a script step may wait for the test. */
class ScriptedClient {
  requests: CompleteRequest[] = [];
  signals: AbortSignal[] = [];
  outcomes: Outcome[] = [];

  constructor(private readonly _answers: (() => AsyncIterable<Line>)[]) {}

  complete(request: CompleteRequest, signal: AbortSignal): AsyncIterable<Line> {
    this.requests.push(request);
    this.signals.push(signal);
    return this._answers[this.requests.length - 1]();
  }

  outcome(outcome: Outcome): Promise<void> {
    this.outcomes.push(outcome);
    return Promise.resolve();
  }
}

export class Page {
  enabled = true;
  snoozed = false;
  still = false;
  speaking = true;
  /** No key asks. */
  atRest = false;
  cell = 'c';
  focused = true;
  waitMs = 0;
  /** What an input method composes now ends with this. */
  composing: Promise<void> | null = null;
  troubles: string[] = [];
  place: IPlace = { text: 'df.', cursor: 3 };
  client: ScriptedClient;
  offers = new Offers();
  sessions: Sessions;
  provider: Provider;

  constructor(...answers: (() => AsyncIterable<Line>)[]) {
    this.client = new ScriptedClient(answers);
    this.sessions = new Sessions({
      outcome: outcome => void this.client.outcome(outcome),
      survival: () => undefined,
      nowMs: () => 0
    });
    this.provider = new Provider({
      client: this.client,
      offers: this.offers,
      sessions: this.sessions,
      status: this,
      settings: this,
      rhythm: { waitMs: () => this.waitMs, answered: () => undefined },
      prefetch: { asked: () => undefined },
      isStill: () => this.still,
      reader: { read: () => this.asked() }
    });
  }

  get values(): ISettings {
    const trigger_mode = this.speaking ? 'automatic' : 'manual';
    return { ...DEFAULTS, multiline: 'block', trigger_mode };
  }

  report(trouble: string): void {
    this.troubles.push(trouble);
  }

  answered(): void {
    this.troubles = [];
  }

  /** What the provider is told of the editor; null where nothing is asked. */
  asked(): Asked | null {
    return this.here();
  }

  here(): Asked {
    const place = this.place;
    return {
      place,
      edit: 'typed',
      atRest: this.atRest,
      isComposing: () => this.composing !== null,
      composed: () => this.composing ?? Promise.resolve(),
      focused: () => this.focused,
      now: () => this.place,
      position: {
        client_id: 'w',
        request_id: `r${this.client.requests.length}`,
        document: 'a.ipynb',
        cell_id: this.cell,
        language: 'python',
        prefix: place.text.slice(0, place.cursor),
        suffix: place.text.slice(place.cursor),
        cells_before: [],
        cells_after: []
      }
    };
  }

  type(text: string): void {
    const { cursor } = this.place;
    this.place = {
      text:
        this.place.text.slice(0, cursor) + text + this.place.text.slice(cursor),
      cursor: cursor + text.length
    };
  }

  async fetch(context = TYPED): Promise<IInlineCompletionItem[]> {
    const { items } = await this.provider.fetch(
      { text: '', offset: 0 },
      context
    );
    return items;
  }
}

export function line(type: 'text' | 'final', text: string, id = 's'): TextLine {
  const route = { to: 'local', reason: 'sure', confidence: null, chance: null };
  return {
    type,
    text,
    request_id: 'r',
    suggestion_id: id,
    origin: 'local',
    route
  };
}

export const says = (...lines: Line[]) =>
  async function* (): AsyncGenerator<Line> {
    for (const each of lines) {
      yield each;
    }
  };

export const breaks = async function* (): AsyncGenerator<
  Line,
  void,
  undefined
> {
  yield await Promise.reject<Line>(new Error('broken'));
};

/** An answer that does not come. */
export const never = async function* (): AsyncGenerator<Line, void, undefined> {
  yield await new Promise<Line>(() => undefined);
};

/** Lets what waits for nothing go on. */
export const tick = (): Promise<void> =>
  new Promise(resolve => setTimeout(resolve));

export async function textsOf(page: Page, token = ''): Promise<string[]> {
  const texts: string[] = [];
  for await (const { response } of page.provider.stream(token)) {
    texts.push(response.insertText);
  }
  return texts;
}
