/**
 * One editor: its text and cursor, and what JupyterLab's editors and shared texts can do beyond their interfaces (steps
 * of undo, changes with their cursor, who made an edit). Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IPlace } from '../outcomes/anchor';

/** A CodeMirror editor. */
interface IView {
  dispatch(change: {
    changes: { from: number; to: number; insert: string };
    selection: { anchor: number };
  }): void;
}

/** Steps of undo. */
interface IUndo {
  stopCapturing(): void;
}

/** The part of a Yjs transaction that is read here. JupyterLab shares texts by Yjs. */
interface ITransaction {
  /** True when the edit was made in this window. */
  readonly local: boolean;
  readonly changed: ReadonlyMap<object, unknown>;
}

interface IYText {
  readonly doc: {
    on(
      event: 'beforeObserverCalls',
      heard: (transaction: ITransaction) => void
    ): void;
  };
}

/** A member of an object that may have it; the caller knows its shape. */
function member(owner: object, name: string): object | null {
  const value: unknown = name in owner ? Reflect.get(owner, name) : null;
  return typeof value === 'object' ? value : null;
}

function sharedTextOf(editor: CodeEditor.IEditor): IYText | null {
  return member(editor.model.sharedModel, 'ysource') as IYText | null;
}

/** The text and cursor of an editor now. */
export function placeOf(editor: CodeEditor.IEditor): IPlace {
  return {
    text: editor.model.sharedModel.getSource(),
    cursor: editor.getOffsetAt(editor.getCursorPosition())
  };
}

/** Puts text at the cursor and the cursor behind it, at once: between the two, core would see a stale cursor. */
export function insertAt(
  editor: CodeEditor.IEditor,
  from: number,
  insert: string
): void {
  const view = member(editor, 'editor') as IView | null;
  view?.dispatch({
    changes: { from, to: from, insert },
    selection: { anchor: from + insert.length }
  });
}

/** Whatever `change` does is one step of undo by itself. */
export function asOneStep(
  editor: CodeEditor.IEditor,
  change: () => void
): void {
  const { sharedModel } = editor.model;
  const undo = member(sharedModel, 'undoManager') as IUndo | null;
  undo?.stopCapturing();
  change();
  undo?.stopCapturing();
}

/** The author of the newest edit of each text. A page has one. */
export class Edits {
  /** Follows the edits of this editor's text from now on. */
  follow(editor: CodeEditor.IEditor): void {
    const text = sharedTextOf(editor);
    if (text && !this._followed.has(text)) {
      this._followed.add(text);
      text.doc.on('beforeObserverCalls', ({ local, changed }) => {
        if (changed.has(text)) {
          this._local.set(text, local);
        }
      });
    }
  }

  /** The newest edit was made in this window, as far as is known. */
  isLocal(editor: CodeEditor.IEditor): boolean {
    const text = sharedTextOf(editor);
    return (text && this._local.get(text)) ?? true;
  }

  private readonly _followed = new WeakSet();
  private readonly _local = new WeakMap<object, boolean>();
}
