/**
 * Marks an editor that shows one of our suggestions, so that keys are bound to nothing else: selectors of shortcuts
 * need core's class and ours. Knows nothing of what a suggestion is.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { hasVim, placeOf } from './editor';

/** Core's: some provider's text is shown. */
const ACTIVE = 'jp-mod-inline-completer-active';
const OURS = 'jp-mod-mccom-ghost';
/** Nothing stands behind the cursor in its line: the End key has nothing else to do. */
const LINE_END = 'jp-mod-mccom-line-end';
/** Esc is the editor's own. */
const VIM = 'jp-mod-mccom-vim';

/** Says whether the text that core shows in this editor is ours. */
export function mark(
  editor: CodeEditor.IEditor | null | undefined,
  ours: boolean
): void {
  if (!editor || editor.isDisposed) {
    return;
  }
  const { text, cursor } = placeOf(editor);
  const atLineEnd = cursor === text.length || text[cursor] === '\n';
  editor.host.classList.toggle(OURS, ours);
  editor.host.classList.toggle(LINE_END, ours && atLineEnd);
  editor.host.classList.toggle(VIM, ours && hasVim(editor));
}

/** Nothing is shown, though core still says so: the next Tab belongs to the editor. */
export function disarm(editor: CodeEditor.IEditor | null | undefined): void {
  editor?.host.classList.remove(ACTIVE, OURS, LINE_END, VIM);
}
