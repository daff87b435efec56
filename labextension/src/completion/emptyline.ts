/**
 * Suggestions on a new empty line and in an empty cell, where core never asks: after a pause our provider is asked, and
 * what it says is given to core's widget as core would. Other providers are not asked. In a cell nothing is asked while
 * a kernel is at work.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  CompletionHandler,
  IInlineCompletionItem,
  InlineCompleter
} from '@jupyterlab/completer';
import { Signal } from '@lumino/signaling';
import { placeOf } from '../ghost/editor';
import type { IPlace } from '../outcomes/anchor';
import type { Reader } from './context';
import type { Provider } from './provider';

/** What stands empty around a cursor; a cell also where it has several empty lines. */
type Empty = 'line' | 'cell';

/** How often a kernel at work is looked at. */
const LOOK_MS = 250;

/** What is needed to ask. */
export interface IEmptyLineOptions {
  provider: Pick<
    Provider,
    'identifier' | 'name' | 'fetch' | 'stream' | 'continues'
  >;
  reader: Pick<Reader, 'readAt' | 'questionAt'>;
  /** How long the cursor has to rest, in milliseconds; 0: nothing is asked. */
  pauseMs: (empty: Empty) => number;
  /** The kernel is at work, so that what stands above may still grow. */
  isRunning: () => boolean;
}

/** Waits at empty lines and in empty cells. A page has one. */
export class EmptyLines {
  constructor(private readonly _options: IEmptyLineOptions) {}

  /** The person changed the text of the widget's editor: a new empty line may stand at the cursor. */
  edited(completer: InlineCompleter): void {
    this.stop();
    const { editor } = completer;
    if (editor) {
      this._timer = setTimeout(() => this._rest(completer, editor));
    }
  }

  /** The cursor moved: it may have come into an empty cell. */
  moved(completer: InlineCompleter): void {
    const { editor, isActive } = completer;
    const isOn = this._options.pauseMs('cell') > 0 && !isActive;
    if (editor && isOn && emptyAt(placeOf(editor)) === 'cell') {
      this.stop();
      this._rest(completer, editor);
    }
  }

  /** Whoever waited gives up. */
  stop(): void {
    clearTimeout(this._timer);
  }

  /** What was typed along up to a line's end goes on at once; anything else waits. */
  private _rest(completer: InlineCompleter, editor: CodeEditor.IEditor): void {
    const { isRunning, pauseMs, provider, reader } = this._options;
    if (editor.isDisposed || !editor.hasFocus()) {
      return;
    }
    const empty = emptyAt(placeOf(editor));
    const restMs = empty ? pauseMs(empty) : 0;
    const waits = (): boolean => empty === 'cell' && isRunning();
    const rest = (): void => this._rest(completer, editor);
    if (restMs > 0 && waits()) {
      this._timer = setTimeout(rest, LOOK_MS);
      return;
    }
    const asked = empty && reader.readAt(editor);
    if (asked && provider.continues(asked)) {
      void this._offer(completer, editor);
    } else if (restMs > 0 && (empty === 'line' || asked?.position.cell_id)) {
      this._timer = setTimeout(() => {
        if (waits()) {
          rest();
        } else {
          void this._offer(completer, editor);
        }
      }, restMs);
    }
  }

  private async _offer(
    completer: InlineCompleter,
    editor: CodeEditor.IEditor
  ): Promise<void> {
    if (completer.editor !== editor || !editor.hasFocus()) {
      return;
    }
    const place = placeOf(editor);
    if (!emptyAt(place)) {
      return;
    }
    const item = await this._item(editor);
    const text = item && (await this._whole(item));
    const { model } = completer;
    if (
      text &&
      model &&
      completer.editor === editor &&
      editor.hasFocus() &&
      !completer.isActive &&
      isSame(place, placeOf(editor))
    ) {
      model.cursor = editor.getCursorPosition();
      model.setCompletions({ items: [this._forCore(item, text)] });
    }
  }

  /** What our provider says; null where nothing may be asked. */
  private async _item(
    editor: CodeEditor.IEditor
  ): Promise<IInlineCompletionItem | null> {
    const question = this._options.reader.questionAt(editor);
    const reply = question && (await this._options.provider.fetch(...question));
    return reply?.items.length ? reply.items[0] : null;
  }

  /** Shown when it is whole: nothing else is waited for here. */
  private async _whole(item: IInlineCompletionItem): Promise<string> {
    let text = item.insertText;
    if (item.token) {
      for await (const { response } of this._options.provider.stream(
        item.token
      )) {
        text = response.insertText;
      }
    }
    return text;
  }

  /** The very object that the provider gave: others know it. */
  private _forCore(
    item: IInlineCompletionItem,
    insertText: string
  ): CompletionHandler.IInlineItem {
    const forCore: CompletionHandler.IInlineItem = Object.assign(item, {
      insertText,
      isIncomplete: false,
      token: undefined,
      provider: this._options.provider,
      streaming: false,
      stream: new Signal<
        CompletionHandler.IInlineItem,
        CompletionHandler.StraemEvent
      >(Object.create(null) as CompletionHandler.IInlineItem)
    });
    return forCore;
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** What is empty there: nothing is written in the cell, or not in the cursor's line while something is above it. */
function emptyAt({ text, cursor }: IPlace): Empty | null {
  if (text.trim() === '') {
    return 'cell';
  }
  const start = text.lastIndexOf('\n', cursor - 1) + 1;
  const [line] = text.slice(start).split('\n', 1);
  return line.trim() === '' && text.slice(0, start).trim() !== ''
    ? 'line'
    : null;
}

function isSame(one: IPlace, other: IPlace): boolean {
  return one.text === other.text && one.cursor === other.cursor;
}
