/**
 * What overturns an open document, so that nothing suggested in it holds any more: another name, another kernel, a
 * restart. Knows nothing of suggestions.
 */

import type { IInlineCompletionContext } from '@jupyterlab/completer';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

type Widget = IInlineCompletionContext['widget'];

const RESTARTS: readonly Kernel.Status[] = [
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
];

/** Follows documents. A page has one. */
export class Upheavals {
  /** @param happened - A document that is followed was overturned. */
  constructor(private readonly _happened: () => void) {}

  /** Follows a widget's document from now on. */
  follow(widget: Widget | null): void {
    if (!(widget instanceof DocumentWidget) || this._followed.has(widget)) {
      return;
    }
    this._followed.add(widget);
    widget.context.pathChanged.connect(() => this._happened());
    if (widget instanceof NotebookPanel) {
      const { sessionContext } = widget;
      sessionContext.kernelChanged.connect(() => this._happened());
      sessionContext.statusChanged.connect((_, status) => {
        if (RESTARTS.includes(status)) {
          this._happened();
        }
      });
    }
  }

  private readonly _followed = new WeakSet();
}
