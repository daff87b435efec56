/**
 * A key → items, with a client that says what the test wrote: never an error, never an empty item.
 */

import type {
  IInlineCompletionContext,
  IInlineCompletionItem
} from '@jupyterlab/completer';
import { describe, expect, it } from 'vitest';
import type { Asked } from '../src/context';
import type { IPlace } from '../src/place';
import { Provider } from '../src/provider';
import { Suggestions } from '../src/suggestions';
import type { CompleteRequest, Line, Outcome, TextLine } from '../src/wire';

const TYPED: IInlineCompletionContext = {
  widget: Object.create(null),
  triggerKind: 1
};
const INVOKED: IInlineCompletionContext = { ...TYPED, triggerKind: 0 };

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

class Page {
  enabled = true;
  troubles: string[] = [];
  place: IPlace = { text: 'df.', cursor: 3 };
  client: ScriptedClient;
  suggestions: Suggestions;
  provider: Provider;

  constructor(...answers: (() => AsyncIterable<Line>)[]) {
    this.client = new ScriptedClient(answers);
    this.suggestions = new Suggestions(this.client, () => 0);
    this.provider = new Provider({
      client: this.client,
      suggestions: this.suggestions,
      status: this,
      read: () => this.asked()
    });
  }

  report(trouble: string): void {
    this.troubles.push(trouble);
  }

  answered(_line: TextLine): void {
    this.troubles = [];
  }

  asked(): Asked | null {
    const place = this.place;
    return {
      place,
      now: () => this.place,
      position: {
        client_id: 'w',
        request_id: `r${this.client.requests.length}`,
        document: 'a.ipynb',
        cell_id: 'c',
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

function line(type: 'text' | 'final', text: string, id = 's'): TextLine {
  const route = { to: 'local', reason: 'sure', confidence: null };
  return {
    type,
    text,
    request_id: 'r',
    suggestion_id: id,
    origin: 'local',
    route
  };
}

const says = (...lines: Line[]) =>
  async function* (): AsyncGenerator<Line> {
    for (const each of lines) {
      yield each;
    }
  };

const breaks = async function* (): AsyncGenerator<Line, void, undefined> {
  yield await Promise.reject<Line>(new Error('broken'));
};

async function textsOf(page: Page, token = ''): Promise<string[]> {
  const texts: string[] = [];
  for await (const { response } of page.provider.stream(token)) {
    texts.push(response.insertText);
  }
  return texts;
}

describe('fetch', () => {
  it('gives the final text as one item', async () => {
    const page = new Page(says(line('final', 'mean()')));
    expect(await page.fetch()).toEqual([{ insertText: 'mean()' }]);
  });

  it.each([
    ['an empty final text', says(line('final', ''))],
    ['only empty texts', says(line('text', ''), line('final', ''))],
    ['no line at all', says()],
    ['a failing client', breaks],
    ['trouble', says({ type: 'trouble', request_id: 'r', text: 'no model' })]
  ])('gives no item for %s', async (_, answer) => {
    expect(await new Page(answer).fetch()).toEqual([]);
  });

  it('skips empty texts up to the first that says something', async () => {
    const page = new Page(says(line('text', ''), line('final', 'mean()')));
    expect((await page.fetch())[0].insertText).toBe('mean()');
  });

  it('reports trouble to the status item, and that it is over', async () => {
    const page = new Page(
      says({ type: 'trouble', request_id: 'r', text: 'no model' }),
      says(line('final', 'mean()'))
    );
    await page.fetch();
    expect(page.troubles).toEqual(['no model']);
    await page.fetch();
    expect(page.troubles).toEqual([]);
  });

  it('asks nothing when switched off or where nothing is to be asked', async () => {
    const page = new Page();
    page.enabled = false;
    expect(await page.fetch()).toEqual([]);
    page.enabled = true;
    page.asked = () => null;
    expect(await page.fetch()).toEqual([]);
    expect(page.client.requests).toEqual([]);
  });

  it('does not throw when the editor cannot be read', async () => {
    const page = new Page();
    page.asked = () => {
      throw new Error('gone');
    };
    expect(await page.fetch()).toEqual([]);
    expect(page.troubles).toEqual(['Error: gone']);
  });

  it('aborts the older request of the document and gives nothing for it', async () => {
    let answer = (): void => undefined;
    const slow = async function* (): AsyncGenerator<Line> {
      await new Promise<void>(resolve => (answer = resolve));
      yield line('final', 'old');
    };
    const page = new Page(slow, says(line('final', 'new', 't')));
    const older = page.fetch();
    const newer = page.fetch();
    expect(page.client.signals[0].aborted).toBe(true);
    answer();
    expect(await older).toEqual([]);
    expect((await newer)[0].insertText).toBe('new');
  });

  it('asks the cloud on the second invocation at a place', async () => {
    const page = new Page(...Array.from({ length: 4 }, () => says()));
    await page.fetch(INVOKED);
    await page.fetch(INVOKED);
    page.type('m');
    await page.fetch(INVOKED);
    await page.fetch(TYPED);
    expect(page.client.requests.map(request => request.trigger)).toEqual([
      'invoke',
      'ask',
      'invoke',
      'typing'
    ]);
  });

  it('carries how the last suggestion of the document ended, once', async () => {
    const page = new Page(says(line('final', 'mean()')), says(), says());
    await page.fetch();
    const outcomes = page.suggestions.outcomesOf('a.ipynb');
    outcomes.on({ type: 'painted', id: 's' });
    outcomes.on({ type: 'moved', id: 's' });
    await page.fetch();
    await page.fetch();
    expect(page.client.requests.map(request => request.last?.kind)).toEqual([
      undefined,
      'moved',
      undefined
    ]);
    expect(page.client.outcomes.length).toBe(1);
  });
});

describe('stream', () => {
  it('gives the full text each time', async () => {
    const page = new Page(
      says(line('text', 'm'), line('text', 'mean'), line('final', 'mean()'))
    );
    const [item] = await page.fetch();
    expect(item).toMatchObject({ insertText: 'm', isIncomplete: true });
    expect(await textsOf(page, item.token)).toEqual(['mean', 'mean()']);
  });

  it('leaves out what was typed along, and never gives an empty text', async () => {
    const page = new Page(
      says(line('text', 'm'), line('text', 'me'), line('final', 'mean()'))
    );
    const [item] = await page.fetch();
    page.type('me');
    expect(await textsOf(page, item.token)).toEqual(['an()']);
  });

  it('ends when something else was typed', async () => {
    const page = new Page(says(line('text', 'm'), line('final', 'mean()')));
    const [item] = await page.fetch();
    page.type('x');
    expect(await textsOf(page, item.token)).toEqual([]);
    expect(page.client.signals[0].aborted).toBe(true);
  });

  it('ends when a newer request was made', async () => {
    const page = new Page(
      says(line('text', 'm'), line('final', 'mean()')),
      says()
    );
    const [item] = await page.fetch();
    await page.fetch();
    expect(await textsOf(page, item.token)).toEqual([]);
  });

  it('ends when the suggestion ended', async () => {
    const page = new Page(says(line('text', 'm'), line('final', 'mean()')));
    const [item] = await page.fetch();
    const offer = page.suggestions.offerOf(item);
    offer?.outcomes.on({ type: 'dismissed', id: 's' });
    expect(await textsOf(page, item.token)).toEqual([]);
  });

  it('keeps the text when the answer breaks: it is the whole suggestion now', async () => {
    const page = new Page(async function* (): AsyncGenerator<Line> {
      yield line('text', 'm');
      throw new Error('broken');
    });
    const [item] = await page.fetch();
    expect(await textsOf(page, item.token)).toEqual([]);
    expect(page.troubles).toEqual(['Error: broken']);
    const outcomes = page.suggestions.outcomesOf('a.ipynb');
    outcomes.on({ type: 'painted', id: 's' });
    outcomes.on({ type: 'typedAlong', id: 's', left: '' });
    expect(page.client.outcomes.map(({ kind }) => kind)).toEqual(['typed']);
  });

  it('knows no other token', async () => {
    expect(await textsOf(new Page(), 'unknown')).toEqual([]);
  });
});
