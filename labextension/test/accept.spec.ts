/**
 * Accepting → what is put in.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  IInlineCompletionItem,
  InlineCompleter
} from '@jupyterlab/completer';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';
import { Accepts } from '../src/ghost/accept';
import { Offers } from '../src/outcomes/offers';
import { line, Page } from './asking';

/** A widget that shows the whole of one suggestion at the end of a cell; what core accepts and we put in is kept. */
class Shown {
  readonly page = new Page();
  readonly taken: string[] = [];
  readonly completer: InlineCompleter;

  constructor(text: string, suggested: string) {
    const { page, taken } = this;
    page.place = { text, cursor: text.length };
    const session = page.sessions.of('a.ipynb');
    const question = session.ask(page.here(), false);
    const current: IInlineCompletionItem = { insertText: suggested };
    const offers = new Offers();
    offers.attach(current, session.offer(line('final', suggested), question));
    const model = { cursor: {} };
    const accept = (): number => taken.push(`all: ${current.insertText}`);
    this.completer = Object.assign(Object.create(null) as InlineCompleter, {
      editor: this._editor(),
      model,
      current,
      accept
    });
    new Accepts(this.completer, {
      offers,
      edits: { accepting: change => change() },
      ended: () => undefined,
      reset: () => undefined
    });
  }

  /** Presses Tab, and goes on as core does. */
  tab(): string[] {
    this.taken.length = 0;
    this.completer.accept();
    return this.taken;
  }

  private _editor(): CodeEditor.IEditor {
    const { page, taken } = this;
    const dispatch = (change: { changes: { insert: string } }): void => {
      taken.push(change.changes.insert);
      page.type(change.changes.insert);
    };
    return Object.assign(Object.create(null) as CodeEditor.IEditor, {
      model: {
        sharedModel: {
          getSource: () => page.place.text,
          changed: new Signal<this, void>(this),
          disposed: new Signal<this, void>(this)
        }
      },
      getCursorPosition: () => ({ line: 0, column: 0 }),
      getOffsetAt: () => page.place.cursor,
      editor: { dispatch }
    });
  }
}

describe('Tab', () => {
  it('takes a proposal for an empty cell line by line', () => {
    const shown = new Shown('', 'for x in y:\n    print(x)\nx');
    expect(shown.tab()).toEqual(['for x in y:']);
    expect(shown.tab()).toEqual(['\n    print(x)']);
    expect(shown.tab()).toEqual(['all: \nx']);
  });

  it('takes the whole of what is suggested elsewhere', () => {
    const shown = new Shown('f(', 'a,\n  b)');
    expect(shown.tab()).toEqual(['all: a,\n  b)']);
  });
});
