/**
 * How the newest edit of each text came about: JupyterLab shares texts by Yjs, which says who made an edit and by what.
 * Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { member } from './editor';

/**
 * `typed`: by a key, or by an accepted suggestion. `changed`: in this window, but by undo, redo, a paste of several
 * lines or a program. `remote`: in another window.
 */
export type Edit = 'typed' | 'changed' | 'remote';

/** The part of a Yjs transaction that is read here. */
interface ITransaction {
  /** True when the edit was made in this window. */
  readonly local: boolean;
  /** The object that made it; JupyterLab's editors name their text. */
  readonly origin: unknown;
  readonly changed: ReadonlyMap<object, unknown>;
}

interface ITextEvent {
  readonly changes: { readonly delta: readonly { insert?: unknown }[] };
}

interface IYText {
  readonly doc: {
    on(
      event: 'beforeObserverCalls',
      heard: (transaction: ITransaction) => void
    ): void;
  };
  observe(heard: (event: ITextEvent) => void): void;
}

/** More than a key and the editor's own indentation put in. */
const SEVERAL_LINES = /\n[^]*\S/;

/** The newest edit of each text. A page has one. */
export class Edits {
  /** Follows the edits of this editor's text from now on. */
  follow(editor: CodeEditor.IEditor): void {
    const text = sharedTextOf(editor);
    if (!text || this._followed.has(text)) {
      return;
    }
    this._followed.add(text);
    text.doc.on('beforeObserverCalls', ({ local, origin, changed }) => {
      if (changed.has(text)) {
        this._edits.set(text, local ? editBy(origin, text) : 'remote');
      }
    });
    text.observe(({ changes }) => {
      const several = changes.delta.some(
        ({ insert }) => typeof insert === 'string' && SEVERAL_LINES.test(insert)
      );
      if (several && !this._accepting && this.newest(editor) === 'typed') {
        this._edits.set(text, 'changed');
      }
    });
  }

  /** The newest edit of the editor's text, as far as is known. */
  newest(editor: CodeEditor.IEditor): Edit {
    const text = sharedTextOf(editor);
    return (text && this._edits.get(text)) ?? 'typed';
  }

  /** The newest edit was made in this window, as far as is known. */
  isLocal(editor: CodeEditor.IEditor): boolean {
    return this.newest(editor) !== 'remote';
  }

  /** Whatever `change` puts in is a suggestion that the person takes: the next one may follow. */
  accepting(change: () => void): void {
    this._accepting = true;
    change();
    this._accepting = false;
  }

  private readonly _followed = new WeakSet();
  private readonly _edits = new WeakMap<object, Edit>();
  private _accepting = false;
}

/** JupyterLab's binding of an editor names its text; undo and programs do not. */
function editBy(origin: unknown, text: IYText): Edit {
  const typed =
    typeof origin === 'object' &&
    origin !== null &&
    member(origin, 'ytext') === text;
  return typed ? 'typed' : 'changed';
}

function sharedTextOf(editor: CodeEditor.IEditor): IYText | null {
  return member(editor.model.sharedModel, 'ysource') as IYText | null;
}
