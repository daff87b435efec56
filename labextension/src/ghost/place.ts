/**
 * The text of an editor and where the cursor stands in it. Knows nothing of suggestions.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';

/** The text of a cell or file, and the cursor as a JavaScript index into it. */
export interface IPlace {
  text: string;
  cursor: number;
}

/** The place of an editor now. */
export function placeOf(editor: CodeEditor.IEditor): IPlace {
  return {
    text: editor.model.sharedModel.getSource(),
    cursor: editor.getOffsetAt(editor.getCursorPosition())
  };
}
