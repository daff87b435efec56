/**
 * One editor: its text and cursor, and what JupyterLab's editors can do beyond their interfaces (steps of undo, changes
 * with their cursor, input methods, vim). Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IPlace } from '../outcomes/anchor';

/** A CodeMirror editor. */
interface IView {
  /** An input method has written something that it has not committed yet. */
  readonly composing: boolean;
  /** What the vim of codemirror-vim keeps, where a person has installed one. */
  readonly cm?: {
    readonly state: {
      readonly vim?: { readonly insertMode: boolean } | null;
      /** What is typed replaces what stands there. */
      readonly overwrite?: boolean;
    };
  };
  dispatch(change: {
    changes: { from: number; to: number; insert: string };
    selection: { anchor: number };
  }): void;
}

/** Steps of undo. */
interface IUndo {
  stopCapturing(): void;
}

/** A member of an object that may have it; the caller knows its shape. */
export function member(owner: object, name: string): object | null {
  const value: unknown = name in owner ? Reflect.get(owner, name) : null;
  return typeof value === 'object' ? value : null;
}

/** The text and cursor of an editor now. */
export function placeOf(editor: CodeEditor.IEditor): IPlace {
  return {
    text: editor.model.sharedModel.getSource(),
    cursor: editor.getOffsetAt(editor.getCursorPosition())
  };
}

/** There is one cursor, and nothing is selected. */
export function hasOneCursor(editor: CodeEditor.IEditor): boolean {
  const [{ start, end }, ...others] = editor.getSelections();
  return (
    !others.length && start.line === end.line && start.column === end.column
  );
}

/** What is accepted would be written there all the same. */
export function isFixed(editor: CodeEditor.IEditor): boolean {
  return editor.getOption('readOnly') === true;
}

/** A vim has the keys of the editor: Esc leaves its insert mode. */
export function hasVim(editor: CodeEditor.IEditor): boolean {
  return !!viewOf(editor)?.cm?.state.vim;
}

/** Keys do not put text in there: a vim is not in insert mode. */
export function takesCommands(editor: CodeEditor.IEditor): boolean {
  const state = viewOf(editor)?.cm?.state;
  return !!state?.vim && (!state.vim.insertMode || state.overwrite === true);
}

/** Keys put text in at the cursor: there is one, nothing is selected, no input method composes, no vim commands. */
export function takesText(editor: CodeEditor.IEditor): boolean {
  return hasOneCursor(editor) && !isComposing(editor) && !takesCommands(editor);
}

/** An input method composes (Chinese, dead keys, press-and-hold): the text at the cursor is not typed yet. */
export function isComposing(editor: CodeEditor.IEditor): boolean {
  return viewOf(editor)?.composing === true;
}

/** Resolves when no input method composes in the editor any more. */
export async function composed(editor: CodeEditor.IEditor): Promise<void> {
  while (isComposing(editor)) {
    await new Promise<void>(resolve => {
      editor.host.addEventListener(
        'compositionend',
        () => setTimeout(resolve), // the editor has read what was committed by then
        { once: true }
      );
    });
  }
}

function viewOf(editor: CodeEditor.IEditor): IView | null {
  return member(editor, 'editor') as IView | null;
}

/** Puts text at the cursor and the cursor behind it, at once: between the two, core would see a stale cursor. */
export function insertAt(
  editor: CodeEditor.IEditor,
  from: number,
  insert: string
): void {
  viewOf(editor)?.dispatch({
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
