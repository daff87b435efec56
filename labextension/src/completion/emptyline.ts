/**
 * Suggestions on a new empty line, where core never asks: after a pause our provider is asked, and what it says is
 * given to core's widget as core would. Other providers are not asked.
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

/** What is needed to ask. */
export interface IEmptyLineOptions {
  provider: Pick<
    Provider,
    'identifier' | 'name' | 'fetch' | 'stream' | 'continues'
  >;
  reader: Pick<Reader, 'readAt' | 'questionAt'>;
  /** How long the cursor has to rest, in milliseconds; 0: nothing is asked. */
  pauseMs(): number;
}

/** Waits at empty lines. A page has one. */
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

  /** The cursor went elsewhere, or the editor was left. */
  stop(): void {
    clearTimeout(this._timer);
  }

  /** What was typed along up to a line's end goes on at once; anything else waits. */
  private _rest(completer: InlineCompleter, editor: CodeEditor.IEditor): void {
    const pauseMs = this._options.pauseMs();
    if (!isEmptyLine(placeOf(editor))) {
      return;
    }
    const asked = this._options.reader.readAt(editor);
    if (asked && this._options.provider.continues(asked)) {
      void this._offer(completer, editor);
    } else if (pauseMs > 0) {
      this._timer = setTimeout(
        () => void this._offer(completer, editor),
        pauseMs
      );
    }
  }

  private async _offer(
    completer: InlineCompleter,
    editor: CodeEditor.IEditor
  ): Promise<void> {
    const place = placeOf(editor);
    if (
      completer.editor !== editor ||
      !editor.hasFocus() ||
      !isEmptyLine(place)
    ) {
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

/** True when the cursor's line has only white space and something is above it. */
function isEmptyLine({ text, cursor }: IPlace): boolean {
  const start = text.lastIndexOf('\n', cursor - 1) + 1;
  const [line] = text.slice(start).split('\n', 1);
  return line.trim() === '' && text.slice(0, start).trim() !== '';
}

function isSame(one: IPlace, other: IPlace): boolean {
  return one.text === other.text && one.cursor === other.cursor;
}
