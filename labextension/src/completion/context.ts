/**
 * Editor → what the server is asked: text around the cursor and the notebook's other cells, within size bounds.
 * Sends nothing.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { InlineCompletionTriggerKind } from '@jupyterlab/completer';
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
  composed,
  hasOneCursor,
  isComposing,
  isFixed,
  placeOf,
  takesCommands
} from '../ghost/editor';
import type { Edit, Edits } from '../ghost/edits';
import type { IPlace } from '../outcomes/anchor';
import type { Cell } from '../server/wire';
import type { Unreadable } from '../tokens';
import type { CellOrder } from './cellorder';
import { consoleOf, languageOfConsole, pathOfConsole, ranIn } from './console';
import type { IConsole } from './console';
import {
  around,
  fitted,
  isProse,
  languageOf,
  languageOfMetadata,
  nearest
} from './excerpt';
import type { Position } from './excerpt';
import { optOutOf } from './optout';
import type { IKernelSession } from './running';
import { unreadable } from './unreadable';

type Widget = IInlineCompletionContext['widget'];

/** One browser window. */
const CLIENT_ID = UUID.uuid4();

/** A question, and the editor that it is asked for. */
export interface Asked {
  position: Position;
  /** Text and cursor when it was asked. */
  place: IPlace;
  /** How the newest edit of the text came about. */
  edit: Edit;
  /** No key asks: the cursor rests there. */
  atRest: boolean;
  /** The person is in the editor now: of two views of a document in one. */
  focused(): boolean;
  /** Text and cursor now; null when the editor is gone. */
  now(): IPlace | null;
  /** An input method composes in the editor. */
  isComposing(): boolean;
  /** Resolves when no input method composes in the editor: what it commits may be something else. */
  composed(): Promise<void>;
}

/** A document in which something can be completed. */
export type Target = Pick<Position, 'document' | 'language'>;

/** What is known of the page beside the widget. */
export interface IKnown {
  cellOrder: CellOrder;
  edits: Pick<Edits, 'newest'>;
  /** The main area's widget that the person is in. */
  widget: () => Widget | null;
}

/** What core tells a provider of a question, and what only we say. */
export interface IContext extends IInlineCompletionContext {
  /** No key asks: the cursor rests there. */
  readonly atRest?: boolean;
}

/** The arguments with which a provider is asked. */
export type InlineQuestion = [
  request: CompletionHandler.IRequest,
  context: IContext
];

/** Reads from editors what is asked. A page has one. */
export class Reader {
  constructor(private readonly _known: IKnown) {}

  /**
   * What is asked for an inline request; null where nothing is: markdown, raw or fixed cells, prose, unknown widgets,
   * more than one cursor, a selection, a text that is very large or minified, a vim's normal mode.
   */
  read(
    request: CompletionHandler.IRequest,
    { widget, atRest = false }: Pick<IContext, 'widget' | 'atRest'>
  ): Asked | null {
    const asked = this._askedIn(request, widget);
    return asked && { ...asked, atRest };
  }

  private _askedIn(
    request: CompletionHandler.IRequest,
    widget: Widget
  ): Asked | null {
    if (unreadable(request.text)) {
      return null;
    }
    const cursor = Text.charIndexToJsIndex(request.offset, request.text);
    const place = { text: request.text, cursor };
    const target = targetOf(widget);
    if (widget instanceof NotebookPanel) {
      return fromNotebook(place, widget, this._known);
    }
    const console = consoleOf(widget);
    if (target && console) {
      return fromConsole(place, console, target, this._known);
    }
    if (target && isFileEditor(widget) && isOpen(widget.content.editor)) {
      return askedIn(
        widget.content.editor,
        place,
        positionAt(place, { ...target, opt_out: 'none' }),
        this._known
      );
    }
    return null;
  }

  /** What a cursor at rest asks in an editor of the main area; null where there is none. */
  questionAt(editor: CodeEditor.IEditor): InlineQuestion | null {
    const widget = this._known.widget();
    if (!widget) {
      return null;
    }
    const { text, cursor } = placeOf(editor);
    const offset = Text.jsIndexToCharIndex(cursor, text);
    const { mimeType } = editor.model;
    return [
      { text, offset, mimeType },
      {
        widget,
        triggerKind: InlineCompletionTriggerKind.Automatic,
        atRest: true
      }
    ];
  }

  /** What would be asked at the cursor of an editor of the main area. */
  readAt(editor: CodeEditor.IEditor): Asked | null {
    const question = this.questionAt(editor);
    return question && this.read(...question);
  }
}

/** Null where nothing is completed (prose, unknown widgets). */
export function targetOf(widget: Widget | null): Target | null {
  if (widget instanceof NotebookPanel) {
    return {
      document: widget.context.localPath,
      language: languageOfNotebook(widget.model)
    };
  }
  const console = consoleOf(widget);
  if (console) {
    return {
      document: pathOfConsole(console),
      language: languageOfConsole(console)
    };
  }
  if (isFileEditor(widget) && !isProse(widget.content.editor.model.mimeType)) {
    return {
      document: widget.context.localPath,
      language: languageOf(widget.content.editor.model.mimeType)
    };
  }
  return null;
}

/** Why nothing is completed in the text where the person is: the active code cell, or the file; null: it may be. */
export function unreadableIn(widget: Widget | null): Unreadable | null {
  if (widget instanceof NotebookPanel) {
    const model = widget.content.activeCell?.model;
    return model?.type === 'code'
      ? unreadable(model.sharedModel.getSource())
      : null;
  }
  return isFileEditor(widget)
    ? unreadable(widget.content.editor.model.sharedModel.getSource())
    : null;
}

/** The kernel's session of a notebook or console; null where a widget has none. */
export function sessionOf(widget: Widget | null): IKernelSession | null {
  return widget instanceof NotebookPanel
    ? widget.sessionContext
    : (consoleOf(widget)?.sessionContext ?? null);
}

function isFileEditor(
  widget: Widget | null
): widget is DocumentWidget<FileEditor> {
  return (
    widget instanceof DocumentWidget && widget.content instanceof FileEditor
  );
}

function fromNotebook(
  place: IPlace,
  panel: NotebookPanel,
  known: IKnown
): Asked | null {
  const cells = panel.content.widgets;
  const index = panel.content.activeCellIndex;
  const active = cells.find((_, i) => i === index);
  const model = active?.model;
  const editor = active?.editor;
  if (
    !editor ||
    !isOpen(editor) ||
    model?.type !== 'code' ||
    model.sharedModel.getSource() !== place.text
  ) {
    return null;
  }
  const cell = (i: number): Cell => ({
    cell_id: cells[i].model.id,
    kind: kindOf(cells[i].model.type),
    source: cells[i].model.sharedModel.getSource(),
    ran: known.cellOrder.orderOf(panel.content, cells[i].model.id)
  });
  const position = positionAt(place, {
    document: panel.context.localPath,
    language: languageOfNotebook(panel.model),
    cell_id: model.id,
    opt_out: optOutOf(panel.model, model),
    ...nearest(cells.length, index, cell)
  });
  return askedIn(editor, place, fitted(position), known);
}

function fromConsole(
  place: IPlace,
  console: IConsole,
  target: Target,
  known: IKnown
): Asked | null {
  const { editor, model } = console.promptCell ?? {};
  if (
    !editor ||
    !model ||
    !isOpen(editor) ||
    model.sharedModel.getSource() !== place.text
  ) {
    return null;
  }
  const ran = ranIn(console);
  const position = positionAt(place, {
    ...target,
    cell_id: model.id,
    ...nearest(ran.length + 1, ran.length, i => ran[i])
  });
  return askedIn(editor, place, fitted(position), known);
}

function askedIn(
  editor: CodeEditor.IEditor,
  place: IPlace,
  position: Position,
  { edits }: IKnown
): Asked {
  return {
    place,
    position,
    edit: edits.newest(editor),
    atRest: false,
    focused: () => editor.hasFocus(),
    now: () => (editor.isDisposed ? null : placeOf(editor)),
    isComposing: () => isComposing(editor),
    composed: () => composed(editor)
  };
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

/** One text could be put in there, and at one place; JupyterLab misplaces what is typed into a text with CRLF. */
function isOpen(editor: CodeEditor.IEditor): boolean {
  return (
    !isFixed(editor) &&
    !takesCommands(editor) &&
    hasOneCursor(editor) &&
    !placeOf(editor).text.includes('\r')
  );
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
