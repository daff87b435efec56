/**
 * Editor → what the server is asked: text around the cursor and the notebook's other cells, within size bounds.
 * Sends nothing.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  CompletionHandler,
  IInlineCompletionContext
} from '@jupyterlab/completer';
import { Text } from '@jupyterlab/coreutils';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { FileEditor } from '@jupyterlab/fileeditor';
import type { INotebookModel } from '@jupyterlab/notebook';
import { NotebookPanel } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import {
  around,
  fitted,
  isProse,
  languageOf,
  languageOfMetadata,
  nearest
} from './excerpt';
import type { Position } from './excerpt';
import type { Executions } from './executions';
import { placeOf } from './place';
import type { IPlace } from './place';
import type { Cell } from './wire';

/** One browser window. */
const CLIENT_ID = UUID.uuid4();

/** A question, and the editor that it is asked for. */
export interface Asked {
  position: Position;
  /** Text and cursor when it was asked. */
  place: IPlace;
  /** Text and cursor now; null when the editor is gone. */
  now(): IPlace | null;
}

/** What is asked for an inline request; null where nothing is (markdown, raw cells, prose, unknown widgets). */
export function read(
  request: CompletionHandler.IRequest,
  { widget }: IInlineCompletionContext,
  executions: Executions
): Asked | null {
  const cursor = Text.charIndexToJsIndex(request.offset, request.text);
  const place = { text: request.text, cursor };
  if (widget instanceof NotebookPanel) {
    return fromNotebook(place, widget, executions);
  }
  if (
    widget instanceof DocumentWidget &&
    widget.content instanceof FileEditor &&
    !isProse(request.mimeType ?? '')
  ) {
    return {
      place,
      position: positionAt(place, {
        document: widget.context.localPath,
        language: languageOf(request.mimeType ?? '')
      }),
      now: following(widget.content.editor)
    };
  }
  return null;
}

function fromNotebook(
  place: IPlace,
  panel: NotebookPanel,
  executions: Executions
): Asked | null {
  const cells = panel.content.widgets;
  const index = panel.content.activeCellIndex;
  const model = cells[index]?.model;
  const editor = cells[index]?.editor;
  if (
    !editor ||
    model?.type !== 'code' ||
    model.sharedModel.getSource() !== place.text
  ) {
    return null;
  }
  const cell = (i: number): Cell => ({
    cell_id: cells[i].model.id,
    kind: kindOf(cells[i].model.type),
    source: cells[i].model.sharedModel.getSource(),
    ran: executions.orderOf(panel.content, cells[i].model.id)
  });
  const position = positionAt(place, {
    document: panel.context.localPath,
    language: languageOfNotebook(panel.model),
    cell_id: model.id,
    ...nearest(cells.length, index, cell)
  });
  return { place, position: fitted(position), now: following(editor) };
}

function positionAt(
  { text, cursor }: IPlace,
  known: Pick<Position, 'document' | 'language'> & Partial<Position>
): Position {
  return {
    client_id: CLIENT_ID,
    request_id: UUID.uuid4(),
    cell_id: '',
    cells_before: [],
    cells_after: [],
    ...around(text, cursor),
    ...known
  };
}

function following(editor: CodeEditor.IEditor): () => IPlace | null {
  return () => (editor.isDisposed ? null : placeOf(editor));
}

function languageOfNotebook(model: INotebookModel | null): string {
  return languageOfMetadata(
    model?.getMetadata('language_info'),
    model?.getMetadata('kernelspec')
  );
}

function kindOf(type: string): Cell['kind'] {
  return type === 'code' || type === 'markdown' ? type : 'raw';
}
