/**
 * The parts that complete in a page, wired: what is typed, what may be asked, what is shown, what became of it.
 * No logic of its own but who hears whom.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  IInlineCompletionContext,
  IInlineCompletionItem,
  InlineCompleter
} from '@jupyterlab/completer';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { Executions } from './completion/cellorder';
import { read, requestOf } from './completion/context';
import type { Asked } from './completion/context';
import { Rhythm } from './completion/debounce';
import { EmptyLines } from './completion/emptyline';
import { Warmer } from './completion/prefetch';
import { Provider } from './completion/provider';
import { Dismissals, silence } from './completion/trigger';
import { Edits } from './ghost/editor';
import { Completers } from './ghost/watchers';
import { Suggestions } from './outcomes/offers';
import { Survivals } from './outcomes/survival';
import type { CompleteRequest } from './server/wire';
import type { Settings } from './settings/settings';
import type { IClient, IStatusModel } from './tokens';

const TYPING = 1;

/** What a page is made of. */
export interface IPageOptions {
  client: IClient;
  status: IStatusModel;
  settings: Settings;
  executions: Executions;
  /** The main area's widget that the person is in. */
  widget(): IInlineCompletionContext['widget'] | null;
  icon: LabIcon.ILabIcon;
}

/** One a page. */
export class Page {
  readonly completers: Completers;
  readonly provider: Provider;

  constructor(private readonly _options: IPageOptions) {
    const { client, settings, status, icon } = _options;
    const suggestions = new Suggestions(client);
    this.provider = new Provider({
      client: {
        complete: (request, signal) => {
          this._warmer.asked(request);
          return client.complete(request, signal);
        }
      },
      status,
      settings,
      suggestions,
      rhythm: this._rhythm,
      speaks: (asked, invoked) => this._speaks(asked, invoked),
      read: (request, context) => this._read(request, context),
      icon
    });
    this._warmer = new Warmer(
      () => this._toWarm(),
      (request, signal) => client.warm(request, signal)
    );
    this._emptyLines = new EmptyLines({
      provider: this.provider,
      pauseMs: () => settings.values.empty_line_pause_ms,
      continues: editor => {
        const asked = this._asked(editor);
        return !!asked && this.provider.continues(asked);
      },
      ask: editor => this._askFor(editor)
    });
    this.completers = new Completers({
      suggestions,
      edits: this._edits,
      survivals: new Survivals(survival => void client.survival(survival)),
      edited: (completer, local) => this._edited(completer, local),
      moved: () => {
        this.provider.left();
        this._warmer.moved();
      },
      dismissed: ({ document, cellId }, { text, cursor }) =>
        this._dismissals.note({
          document,
          cell_id: cellId,
          before: text.slice(0, cursor)
        })
    });
    window.addEventListener('pagehide', () => this.completers.leave());
    document.addEventListener('focusout', () => {
      this._warmer.stop();
      setTimeout(() => this.provider.left()); // who has the focus is known then
    });
  }

  /** Only where the person is: a shared text changes in every view of it. */
  private _edited(completer: InlineCompleter, local: boolean): void {
    if (!completer.editor?.hasFocus()) {
      return;
    }
    this._warmer.stop();
    this._emptyLines.stop();
    if (local) {
      this._rhythm.key(performance.now());
      this._emptyLines.edited(completer);
    }
  }

  private _read(
    request: Parameters<typeof read>[0],
    context: Parameters<typeof read>[1]
  ): Asked | null {
    const { executions } = this._options;
    return read(request, context, { executions, edits: this._edits });
  }

  /** What would be asked for an editor of the main area. */
  private _asked(editor: CodeEditor.IEditor): Asked | null {
    const widget = this._options.widget();
    return widget && this._read(requestOf(editor), { widget });
  }

  private _speaks(
    { position, place, local }: Asked,
    invoked: boolean
  ): boolean {
    const before = place.text.slice(0, place.cursor);
    const situation = { ...position, before, invoked, local };
    if (invoked) {
      this._dismissals.forgive(situation);
    }
    const { values } = this._options.settings;
    return silence(situation, values, this._dismissals) === null;
  }

  private async _askFor(
    editor: CodeEditor.IEditor
  ): Promise<IInlineCompletionItem[]> {
    const widget = this._options.widget();
    if (!widget) {
      return [];
    }
    const context = { widget, triggerKind: TYPING };
    return (await this.provider.fetch(requestOf(editor), context)).items;
  }

  /** Nothing while a suggestion of ours is visible: its next key needs no model. */
  private _toWarm(): CompleteRequest | null {
    const { settings, status } = this._options;
    const { editor, visible } = this.completers;
    const asked =
      editor && !visible && status.enabled ? this._asked(editor) : null;
    return asked && this._speaks(asked, false)
      ? {
          ...asked.position,
          trigger: 'typing',
          multiline: settings.values.multiline,
          last: null,
          deadline_s: 30
        }
      : null;
  }

  private readonly _edits = new Edits();
  private readonly _rhythm = new Rhythm();
  private readonly _dismissals = new Dismissals();
  private readonly _warmer: Warmer;
  private readonly _emptyLines: EmptyLines;
}
