/**
 * The modes of a vim in the editor → whether keys put text in.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { expect, it } from 'vitest';
import { hasVim, takesCommands } from '../src/ghost/editor';

/** An editor as far as a vim is concerned. */
function editorWith(cm: object | undefined): CodeEditor.IEditor {
  return { editor: { composing: false, cm } } as unknown as CodeEditor.IEditor;
}

it.each([
  ['no vim', undefined, false, false],
  ['a vim that was switched off', { state: { vim: null } }, false, false],
  ['insert mode', { state: { vim: { insertMode: true } } }, true, false],
  ['normal mode', { state: { vim: { insertMode: false } } }, true, true],
  [
    'replace mode',
    { state: { vim: { insertMode: true }, overwrite: true } },
    true,
    true
  ]
])('%s', (_, cm, vim, commands) => {
  const editor = editorWith(cm);
  expect([hasVim(editor), takesCommands(editor)]).toEqual([vim, commands]);
});
