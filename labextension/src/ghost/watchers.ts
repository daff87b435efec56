/**
 * The inline completer widgets of a page (JupyterLab makes one for each view of a document): wraps their factory, and
 * finds the one that the person is in.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IInlineCompleterFactory } from '@jupyterlab/completer';
import { Watcher } from './watcher';
import type { IWatchOptions } from './watcher';
import type { Part } from './words';

/** All watched widgets of a page. */
export class Watchers {
  constructor(private readonly _options: IWatchOptions) {}

  /** Watches every new inline completer widget from now on; an earlier wrapper keeps its place. */
  wrap(factory: IInlineCompleterFactory): void {
    const original = factory.factory.bind(factory);
    factory.factory = options => {
      const completer = original(options);
      const watched = new Watcher(completer, this._options);
      this._watched.add(watched);
      completer.disposed.connect(() => {
        this._watched.delete(watched);
        watched.lost('moved');
      });
      return completer;
    };
  }

  /** One of our suggestions can be seen. */
  get visible(): boolean {
    return [...this._watched].some(watched => watched.visible);
  }

  /** The editor that the person types in; null when the focus is elsewhere. */
  get editor(): CodeEditor.IEditor | null {
    return this._focused[0]?.editor ?? null;
  }

  /** Dismisses the visible suggestion where the person is. */
  dismiss(): void {
    this._focused.forEach(watched => watched.dismiss());
  }

  /** Shows and says who wrote the visible suggestion where the person is. */
  tellWhy(): void {
    this._focused.forEach(watched => watched.tellWhy());
  }

  /** What is shown anywhere does not hold any more. */
  drop(): void {
    this._watched.forEach(watched => watched.drop());
  }

  /** Accepts the next part of the visible suggestion where the person is. */
  take(part: Part): void {
    this._focused.forEach(watched => watched.take(part));
  }

  /** The page is left: what is shown ends here. */
  leave(): void {
    this._watched.forEach(watched => watched.lost('moved'));
  }

  private get _focused(): Watcher[] {
    return [...this._watched].filter(({ editor }) => editor?.hasFocus());
  }

  private readonly _watched = new Set<Watcher>();
}
