/**
 * Mends faults of core's inline completion model, for the items of every provider: a reply dropped because an earlier
 * one was empty or failed, Tab armed with nothing to accept, a reply shown where it was not asked for.
 * Knows nothing of our suggestions.
 */

import type { InlineCompleter } from '@jupyterlab/completer';

/** What core gives its model. */
export type IReply = Parameters<InlineCompleter.IModel['setCompletions']>[0];

/**
 * Replaces the model's methods that take replies.
 *
 * @param fits - Whether the cursor still stands where a reply was asked for.
 * @param clear - Drops the items that are shown, when no provider has any for the new request.
 */
export function mendModel(
  model: InlineCompleter.IModel,
  fits: (reply: IReply) => boolean,
  clear: () => void
): void {
  const set = model.setCompletions.bind(model);
  const append = model.appendCompletions.bind(model);
  /** The shown items belong to an older request; they stay until a provider answers, so that nothing flickers. */
  let outdated = false;

  model.setCompletions = reply => {
    outdated = reply.items.length === 0;
    if (outdated) {
      return;
    }
    if (fits(reply)) {
      set(reply);
    } else {
      clear();
    }
  };
  model.appendCompletions = reply => {
    if (outdated || !model.completions?.items) {
      model.setCompletions(reply);
    } else {
      append(reply);
    }
  };
  model.provisionProgress.connect((_, { pendingProviders }) => {
    if (outdated && pendingProviders === 0) {
      outdated = false;
      clear();
    }
  });
}

/** Core has something to show: a text, one that is on its way, or an error. */
export function hasItems(model: InlineCompleter.IModel | null): boolean {
  const items = model?.completions?.items ?? [];
  return items.some(item => item.insertText || item.isIncomplete || item.error);
}
