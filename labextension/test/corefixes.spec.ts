/**
 * Core's faults, on a model that behaves as core's does.
 */

import type { CompletionHandler, InlineCompleter } from '@jupyterlab/completer';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';
import { mendModel } from '../src/ghost/corefixes';

type Item = CompletionHandler.IInlineItem;
type Reply = Parameters<InlineCompleter.IModel['setCompletions']>[0];

/** The part of core's model that takes replies. */
class FakeModel implements InlineCompleter.IModel {
  readonly suggestionsChanged: InlineCompleter.IModel['suggestionsChanged'] =
    new Signal(this);
  readonly filterTextChanged: InlineCompleter.IModel['filterTextChanged'] =
    new Signal(this);
  readonly provisionProgress: Signal<
    InlineCompleter.IModel,
    InlineCompleter.IProvisionProgress
  > = new Signal(this);
  cursor = { line: 0, column: 0 };
  isDisposed = false;
  completions: Reply | null = null;

  setCompletions(reply: Reply): void {
    this.completions = reply;
  }

  appendCompletions(reply: Reply): void {
    this.completions?.items.push(...reply.items);
  }

  notifyProgress(progress: InlineCompleter.IProvisionProgress): void {
    this.provisionProgress.emit(progress);
  }

  reset(): void {
    this.completions = null;
  }

  handleTextChange(): void {}
  handleSelectionChange(): void {}
  dispose(): void {}
}

function reply(...texts: string[]): Reply {
  const item = (insertText: string): Item => ({
    insertText,
    provider: { name: 'p', identifier: 'p' },
    stream: new Signal(Object.create(null)),
    streaming: false
  });
  return { items: texts.map(item) };
}

describe('a mended model', () => {
  let model: FakeModel;
  let here: boolean;
  const shown = (): string[] =>
    (model.completions?.items ?? []).map(item => item.insertText);
  const progress = (pendingProviders: number): void => {
    model.notifyProgress({ pendingProviders, totalProviders: 2 });
  };

  beforeEach(() => {
    model = new FakeModel();
    here = true;
    mendModel(
      model,
      () => here,
      () => model.reset()
    );
  });

  it('shows a reply that comes after a provider that failed', () => {
    model.appendCompletions(reply('ours'));
    expect(shown()).toEqual(['ours']);
  });

  it('appends the second reply to the first', () => {
    model.setCompletions(reply('first'));
    model.appendCompletions(reply('second'));
    expect(shown()).toEqual(['first', 'second']);
  });

  it('keeps what is shown until every provider had nothing', () => {
    model.setCompletions(reply('old'));
    model.setCompletions(reply());
    progress(1);
    expect(shown()).toEqual(['old']);
    model.appendCompletions(reply());
    progress(0);
    expect(shown()).toEqual([]);
  });

  it('replaces what is shown by the first reply that has something', () => {
    model.setCompletions(reply('old'));
    model.setCompletions(reply());
    model.appendCompletions(reply('new'));
    progress(0);
    expect(shown()).toEqual(['new']);
  });

  it('shows nothing where it was not asked for', () => {
    here = false;
    model.setCompletions(reply('elsewhere'));
    expect(shown()).toEqual([]);
  });
});
