/**
 * Hears of every change in an editor from core's model: there is no other place to hear of them in time. Knows nothing
 * of suggestions.
 */

import type { InlineCompleter } from '@jupyterlab/completer';

/** What is told. */
export interface IHeard {
  /** The text changed. */
  text(): void;
  /** The cursor or the selection changed, a moment ago. */
  selection(): void;
}

/** Tells from now on, each time after the model. */
export function listenTo(model: InlineCompleter.IModel, heard: IHeard): void {
  const text = model.handleTextChange.bind(model);
  const selection = model.handleSelectionChange.bind(model);
  model.handleTextChange = change => {
    text(change);
    heard.text();
  };
  model.handleSelectionChange = range => {
    selection(range);
    // Core sets the widget's editor only after the first of these.
    queueMicrotask(() => heard.selection());
  };
}
