/**
 * Editor → what the server is asked: text around the cursor and the notebook's other cells, within size bounds.
 * Sends nothing.
 */

import type {
  CompletionHandler,
  IInlineCompletionContext
} from '@jupyterlab/completer';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import { around, languageOf, nearest } from './excerpt';
import type { Cell, CompleteRequest } from './wire';

const BODY_BYTES = 240 * 1024;

/** One browser window. */
export const CLIENT_ID = UUID.uuid4();

/** What is known of a position apart from why it is asked about. */
export type Position = Omit<CompleteRequest, 'trigger' | 'last' | 'deadline_s'>;

/** The position of an inline request; null where nothing is to be asked (markdown, raw cells, unknown widgets). */
export function positionOf(
  request: CompletionHandler.IRequest,
  context: IInlineCompletionContext
): Position | null {
  const { widget } = context;
  const { prefix, suffix } = around(request.text, request.offset);
  const common = {
    client_id: CLIENT_ID,
    request_id: UUID.uuid4(),
    language: languageOf(request.mimeType ?? ''),
    prefix,
    suffix
  };
  if (widget instanceof NotebookPanel) {
    const cells = widget.content.widgets;
    const active = cells.findIndex(cell => cell.editor?.hasFocus()) ?? -1;
    const index = active < 0 ? widget.content.activeCellIndex : active;
    if (cells[index]?.model.type !== 'code') {
      return null;
    }
    const cell = (i: number): Cell => ({
      cell_id: cells[i].model.id,
      kind: kindOf(cells[i].model.type),
      source: cells[i].model.sharedModel.getSource()
    });
    const document = widget.context.path;
    return fitted({
      ...common,
      document,
      cell_id: cells[index].model.id,
      ...nearest(cells.length, index, cell)
    });
  }
  if (widget instanceof DocumentWidget) {
    return {
      ...common,
      document: widget.context.path,
      cell_id: '',
      cells_before: [],
      cells_after: []
    };
  }
  return null;
}

/** The position with far cells left out until its JSON fits the server's limit. */
function fitted(position: Position): Position {
  let { cells_before, cells_after } = position;
  const bytes = (): number =>
    new TextEncoder().encode(
      JSON.stringify({ ...position, cells_before, cells_after })
    ).length;
  while (cells_before.length + cells_after.length > 0 && bytes() > BODY_BYTES) {
    cells_before = cells_before.slice(Math.ceil(cells_before.length / 2));
    cells_after = cells_after.slice(0, Math.floor(cells_after.length / 2));
  }
  return { ...position, cells_before, cells_after };
}

function kindOf(type: string): Cell['kind'] {
  return type === 'code' || type === 'markdown' ? type : 'raw';
}
