/**
 * JupyterLab's code console as a document: the prompt is its last cell, what ran are the cells above. Its package is
 * not among ours, so it is known by its shape. Sends nothing.
 */

import type { IInlineCompletionContext } from '@jupyterlab/completer';
import type { Notebook } from '@jupyterlab/notebook';
import { member } from '../ghost/editor';
import type { Cell } from '../server/wire';
import { languageOf } from './excerpt';
import type { IKernelSession } from './running';

type Widget = IInlineCompletionContext['widget'];
/** A console's cells are those of notebooks. */
type Shown = Notebook['widgets'][number];

/** What is read of a console. */
export interface IConsole {
  /** Where the person types; null before the kernel is there. */
  readonly promptCell: Shown | null;
  /** What was run, in order. */
  readonly cells: Iterable<Shown>;
  readonly sessionContext: IKernelSession & { readonly path: string };
}

/** The console in a widget of the main area; null where it is something else. */
export function consoleOf(widget: Widget | null): IConsole | null {
  const found = widget && member(widget, 'console');
  const isConsole =
    found && ['promptCell', 'cells', 'sessionContext'].every(it => it in found);
  return isConsole ? (found as IConsole) : null;
}

/** A console's path below the root of the server; that of a shared notebook begins with the name of its drive. */
export function pathOfConsole({ sessionContext }: IConsole): string {
  return sessionContext.path.replace(/^RTC:/, '');
}

/** The language of the prompt, as its kernel says. */
export function languageOfConsole({ promptCell }: IConsole): string {
  return languageOf(promptCell?.model.mimeType ?? '');
}

/** What the person ran in the console, oldest first. */
export function ranIn({ cells }: IConsole): Cell[] {
  return [...cells]
    .filter(({ model }) => model.type === 'code')
    .map(({ model }) => ({
      cell_id: model.id,
      kind: 'code',
      source: model.sharedModel.getSource(),
      ran: countOf(model)
    }));
}

function countOf(model: object): number | null {
  return 'executionCount' in model && typeof model.executionCount === 'number'
    ? model.executionCount
    : null;
}
