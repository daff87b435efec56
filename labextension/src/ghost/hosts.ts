/**
 * The DOM element of an editor, and what happens to it that core tells nobody in time: an input method begins, the text
 * becomes read-only, a vim leaves its insert mode, the focus goes. Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { isFixed, takesCommands } from './editor';

/** What is told. */
export interface IHostEvents {
  /** An input method begins to compose: its text and its keys come first. */
  composes(): void;
  /** Nothing may be written any more, or keys are commands now. */
  fixed(): void;
  /** The focus goes to another element, or out of the page. */
  left(to: EventTarget | null): void;
}

/** The editors that are followed. A widget has one. */
export class Hosts {
  /** Follows an editor from now on. */
  follow(editor: CodeEditor.IEditor, told: IHostEvents): void {
    if (this._followed.has(editor)) {
      return;
    }
    this._followed.add(editor);
    const { host } = editor;
    host.addEventListener('compositionstart', () => told.composes());
    host.addEventListener('focusout', ({ relatedTarget: to }) => {
      if (!(to instanceof Node && host.contains(to))) {
        told.left(to);
      }
    });
    const observer = new MutationObserver(() => {
      if (isFixed(editor) || takesCommands(editor)) {
        told.fixed();
      }
    });
    // CodeMirror says so by a class of the first, a vim by one of the second.
    host.querySelectorAll('.cm-editor, .cm-scroller').forEach(node => {
      observer.observe(node, { attributeFilter: ['class'] });
    });
  }

  private readonly _followed = new WeakSet<CodeEditor.IEditor>();
}
