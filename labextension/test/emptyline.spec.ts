/**
 * An empty line or cell → our text in core's model, after a pause.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  IInlineCompletionItem,
  InlineCompleter
} from '@jupyterlab/completer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EmptyLines } from '../src/completion/emptyline';
import { Page, TYPED } from './asking';

const PAUSE_MS = 700;
const CELL_PAUSE_MS = 1000;

/** What the widget's editor and model are to an empty line. */
class FakeWidget {
  text = '';
  focused = true;
  isActive = false;
  shown: string[] = [];

  get editor(): CodeEditor.IEditor {
    const editor: CodeEditor.IEditor = Object.create(null);
    return (
      this._editor ?? (this._editor = Object.assign(editor, this._parts()))
    );
  }

  get model(): InlineCompleter.IModel {
    const model: InlineCompleter.IModel = Object.create(null);
    const setCompletions: InlineCompleter.IModel['setCompletions'] = reply =>
      (this.shown = reply.items.map(({ insertText }) => insertText));
    return Object.assign(model, { setCompletions });
  }

  private _parts(): object {
    return {
      model: { sharedModel: { getSource: () => this.text } },
      hasFocus: () => this.focused,
      getCursorPosition: () => ({ line: 0, column: 0 }),
      getOffsetAt: () => this.text.length
    };
  }

  private _editor: CodeEditor.IEditor | null = null;
}

describe('an empty line', () => {
  let widget: FakeWidget;
  let page: Page;
  let pauseMs: number;
  let cellPauseMs: number;
  let isRunning: boolean;
  let goesOn: boolean;
  let asked: number;
  let answer: IInlineCompletionItem[];
  let meanwhile: () => void;
  let lines: EmptyLines;

  beforeEach(() => {
    vi.useFakeTimers();
    widget = new FakeWidget();
    widget.text = 'for x in y:\n    ';
    [pauseMs, cellPauseMs] = [PAUSE_MS, CELL_PAUSE_MS];
    [isRunning, goesOn, asked] = [false, false, 0];
    answer = [{ insertText: 'print(x)' }];
    meanwhile = () => undefined;
    page = new Page();
    lines = new EmptyLines({
      provider: {
        identifier: 'jupyter-mccom',
        name: 'mccom',
        stream: async function* () {
          yield { response: { insertText: 'pri' } };
          yield { response: { insertText: 'print(x, y)' } };
        },
        continues: () => goesOn,
        fetch: () => {
          asked++;
          meanwhile();
          return Promise.resolve({ items: answer });
        }
      },
      reader: {
        readAt: () => page.asked(),
        questionAt: () => [{ text: '', offset: 0 }, TYPED]
      },
      pauseMs: empty => (empty === 'cell' ? cellPauseMs : pauseMs),
      isRunning: () => isRunning
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const completer = (): InlineCompleter =>
    Object.create(null, {
      editor: { get: () => widget.editor },
      model: { get: () => widget.model },
      isActive: { get: () => widget.isActive }
    }) as InlineCompleter;
  const edit = (): void => lines.edited(completer());
  const enter = (text: string): void => {
    widget.text = text;
    lines.moved(completer());
  };
  const after = async (ms: number): Promise<string[]> => {
    await vi.advanceTimersByTimeAsync(ms);
    return widget.shown;
  };

  it('is spoken to after the pause', async () => {
    edit();
    expect(await after(PAUSE_MS - 1)).toEqual([]);
    expect(asked).toBe(0);
    expect(await after(2)).toEqual(['print(x)']);
  });

  it('waits anew after each edit', async () => {
    for (let i = 0; i < 3; i++) {
      edit();
      await after(PAUSE_MS - 1);
    }
    expect(asked).toBe(0);
  });

  it('takes the rest of what was typed along at once', async () => {
    goesOn = true;
    edit();
    expect(await after(1)).toEqual(['print(x)']);
  });

  it('is shown the whole of what streams', async () => {
    answer = [{ insertText: 'p', isIncomplete: true, token: 't' }];
    edit();
    expect(await after(PAUSE_MS + 1)).toEqual(['print(x, y)']);
  });

  it.each<[string, () => void]>([
    ['in a line with text', () => (widget.text += 'z')],
    ['in an empty file', () => (widget.text = page.cell = '')],
    ['without focus', () => (widget.focused = false)],
    ['when it is switched off', () => (pauseMs = 0)]
  ])('is not asked for %s', async (_, make) => {
    make();
    edit();
    await after(10 * PAUSE_MS);
    expect(asked).toBe(0);
  });

  it('is not one that the cursor only comes to', async () => {
    enter('for x in y:\n    ');
    await after(10 * PAUSE_MS);
    expect(asked).toBe(0);
  });

  it('may be all of a cell, which is entered or emptied', async () => {
    for (const begin of [() => enter('\n  '), edit]) {
      widget.shown = [];
      begin();
      expect(await after(CELL_PAUSE_MS - 1)).toEqual([]);
      expect(await after(2)).toEqual(['print(x)']);
    }
  });

  it('is not spoken to in a cell while the kernel is at work', async () => {
    isRunning = true;
    enter('');
    await after(60 * CELL_PAUSE_MS);
    isRunning = false;
    expect(await after(CELL_PAUSE_MS - 1)).toEqual([]);
    isRunning = true;
    await after(CELL_PAUSE_MS);
    expect(asked).toBe(0);
    isRunning = false;
    expect(await after(2 * CELL_PAUSE_MS)).toEqual(['print(x)']);
    expect(asked).toBe(1);
  });

  it.each<[string, () => void]>([
    ['the cell is in an empty file', () => (page.cell = '')],
    ['cells are switched off', () => (cellPauseMs = 0)],
    ['something is shown there', () => (widget.isActive = true)],
    ['the focus is elsewhere', () => (widget.focused = false)]
  ])('is not asked for in a cell when %s', async (_, make) => {
    make();
    enter('');
    await after(10 * CELL_PAUSE_MS);
    expect(asked).toBe(0);
  });

  it('waits anew in a cell when the cursor moves', async () => {
    for (let i = 0; i < 3; i++) {
      enter('');
      await after(CELL_PAUSE_MS - 1);
    }
    lines.stop();
    await after(10 * CELL_PAUSE_MS);
    expect(asked).toBe(0);
  });

  it.each<[string, () => void]>([
    ['something else is shown', () => (widget.isActive = true)],
    ['the focus went', () => (widget.focused = false)],
    ['the text changed', () => (widget.text += 'z')]
  ])('shows nothing when meanwhile %s', async (_, happen) => {
    meanwhile = happen;
    edit();
    expect(await after(PAUSE_MS + 1)).toEqual([]);
    expect(asked).toBe(1);
  });
});
