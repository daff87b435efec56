/**
 * The document and cell that the person is in, and whether anything is completed there at all: what the status item,
 * the palette and the property inspector say of it. Asks for nothing.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IInlineCompletionContext } from '@jupyterlab/completer';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { INotebookModel, Notebook } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { ISettings } from '../settings/settings';
import type { IOffHere, Unreadable } from '../tokens';
import { targetOf, unreadableIn } from './context';
import { optOutOf } from './optout';
import type { IMarked } from './optout';
import { isOff, offAt } from './trigger';

type Widget = IInlineCompletionContext['widget'];
type CellModel = NonNullable<Notebook['activeCell']>['model'];
type Shell = Pick<JupyterFrontEnd.IShell, 'currentWidget' | 'currentChanged'>;

/** Shared by the plugins: the one of the page. */
export const IHere = new Token<Here>(
  'jupyter-mccom:IHere',
  'Where the person is, and whether anything is completed there.'
);

/** What is known of the settings. */
export interface IKnownSettings {
  /** The settings of the page. */
  values: Pick<ISettings, 'paths_off' | 'languages_off'>;
  /** The administrator of the server has fixed this one. */
  isLocked(name: string): boolean;
  /** Paths in which opt-outs bind. */
  binding: readonly string[];
}

/** Follows the person. A page has one. */
export class Here {
  /** Emitted when what is told below may have changed. */
  readonly changed = new Signal<this, void>(this);

  constructor(private readonly _shell: Shell) {
    _shell.currentChanged?.connect(() => this.look());
  }

  /** Where settings are looked up from now on. */
  know(settings: () => IKnownSettings): void {
    this._settings = settings;
    this.look();
  }

  /** The notebook that the person is in; null elsewhere. */
  get notebook(): IMarked | null {
    return this._panel?.model ?? null;
  }

  /** The code cell that the person is in; null elsewhere. */
  get cell(): IMarked | null {
    const model = this._panel?.content.activeCell?.model;
    return model?.type === 'code' ? model : null;
  }

  /** An opt-out of this document can be undone by the administrator only. */
  get binds(): boolean {
    const path = this._panel?.context.localPath;
    const known = this._settings?.();
    return path !== undefined && !!known && isOff(path, known.binding);
  }

  /** Why nothing is completed here; null: something may be, or nothing can be. */
  get off(): IOffHere | null {
    const target = targetOf(this._widget);
    const known = this._settings?.();
    if (!target || !known) {
      return null;
    }
    const opt_out = optOutOf(this.notebook, this.cell);
    const why = offAt({ ...target, opt_out }, known.values);
    if (!why) {
      const { language } = target;
      const unreadable = this._unreadable;
      return unreadable && { why: unreadable, binds: false, language };
    }
    const isOptOut = why === 'notebook' || why === 'cell';
    const setting = why === 'path' ? 'paths_off' : 'languages_off';
    const binds = isOptOut ? this.binds : known.isLocked(setting);
    return { why, binds, language: target.language };
  }

  /** The text where the person is has changed. */
  edited(): void {
    if (unreadableIn(this._widget) !== this._unreadable) {
      this.look();
    }
  }

  /** Something that is told may have changed. */
  look(): void {
    this._follow();
    this._unreadable = unreadableIn(this._widget);
    this.changed.emit();
  }

  private _follow(): void {
    const widget = this._widget;
    if (!(widget instanceof DocumentWidget) || this._followed.has(widget)) {
      return;
    }
    this._followed.add(widget);
    const { context } = widget;
    context.pathChanged.connect(() => this.look());
    if (widget instanceof NotebookPanel) {
      const { content } = widget;
      const follow = (): void => {
        this._hear(widget.model);
        this._hear(content.activeCell?.model);
        this.look();
      };
      content.activeCellChanged.connect(follow);
      content.modelChanged.connect(follow);
      void context.ready.then(follow);
    }
  }

  private _hear(model: INotebookModel | CellModel | null | undefined): void {
    if (model && !this._followed.has(model)) {
      this._followed.add(model);
      model.metadataChanged.connect(() => this.look());
    }
  }

  private get _widget(): Widget | null {
    return this._shell.currentWidget;
  }

  private get _panel(): NotebookPanel | null {
    const widget = this._widget;
    return widget instanceof NotebookPanel ? widget : null;
  }

  private _unreadable: Unreadable | null = null;
  private _settings: (() => IKnownSettings) | null = null;
  private readonly _followed = new WeakSet();
}
