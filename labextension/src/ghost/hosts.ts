/**
 * The DOM element of an editor, and what happens to it that core tells nobody in time: an input method begins, the text
 * becomes read-only, the focus goes. Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { isFixed } from './editor';

/** What is told. */
export interface IHostEvents {
  /** An input method begins to compose: its text and its keys come first. */
  composes(): void;
  /** Nothing may be written any more. */
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
    const node = host.querySelector('.cm-editor');
    if (node) {
      new MutationObserver(() => {
        if (isFixed(editor)) {
          told.fixed();
        }
      }).observe(node, { attributeFilter: ['class'] }); // CodeMirror says so by a class
    }
  }

  private readonly _followed = new WeakSet<CodeEditor.IEditor>();
}
