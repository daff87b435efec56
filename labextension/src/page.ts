/**
 * The parts that complete in a page, wired: what a key, a cursor at rest and a lost focus set going. Each part is told
 * by this file; none of them knows it.
 */

import type {
  IInlineCompletionContext,
  InlineCompleter
} from '@jupyterlab/completer';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CellOrder } from './completion/cellorder';
import { Reader, sessionOf } from './completion/context';
import { Rhythm } from './completion/debounce';
import { EmptyLines } from './completion/emptyline';
import { Prefetch } from './completion/prefetch';
import { Provider } from './completion/provider';
import { isRunning } from './completion/running';
import { Sessions } from './completion/session';
import { Upheavals } from './completion/upheavals';
import { Announcer, spokenRegion } from './ghost/announcer';
import { Edits } from './ghost/edits';
import type { Edit } from './ghost/edits';
import { Watchers } from './ghost/watchers';
import { Offers } from './outcomes/offers';
import type { CompleteRequest } from './server/wire';
import type { Settings } from './settings/settings';
import { whoOf } from './status/why';
import type { IClient, IStatusModel } from './tokens';

/** What a place is read ahead for: the next key. */
const TYPED: Edit = 'typed';

/** What a page is made of. */
export interface IPageOptions {
  client: IClient;
  status: IStatusModel;
  settings: Settings;
  cellOrder: CellOrder;
  /** The main area's widget that the person is in. */
  widget: () => IInlineCompletionContext['widget'] | null;
  /** The text where the person is has changed. */
  edited: () => void;
  icon: LabIcon.ILabIcon;
  trans: TranslationBundle;
}

/** Everything of a page that completes. */
export class Page {
  readonly watchers: Watchers;
  readonly provider: Provider;

  constructor(private readonly _options: IPageOptions) {
    const { client, settings, status, cellOrder, widget, icon, trans } =
      _options;
    const edits = new Edits();
    const offers = new Offers();
    this._sessions = new Sessions({
      outcome: outcome => void client.outcome(outcome),
      survival: survival => void client.survival(survival),
      nowMs: () => performance.now()
    });
    this._reader = new Reader({ cellOrder, edits, widget });
    this._prefetch = new Prefetch(
      () => this._atRest(),
      (request, signal) => client.warm(request, signal)
    );
    this.provider = new Provider({
      client,
      status,
      settings,
      offers,
      sessions: this._sessions,
      rhythm: this._rhythm,
      prefetch: this._prefetch,
      reader: this._reader,
      isStill: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
      icon
    });
    this._emptyLines = new EmptyLines({
      provider: this.provider,
      reader: this._reader,
      pauseMs: empty =>
        empty === 'cell'
          ? settings.values.empty_cell_pause_ms
          : settings.values.empty_line_pause_ms,
      isRunning: () => {
        const session = sessionOf(widget());
        return session !== null && isRunning(session);
      }
    });
    this.watchers = new Watchers({
      offers,
      edits,
      announcer: new Announcer({
        isOn: () => settings.values.announce,
        words: text => trans.__('Suggestion: %1. Tab accepts.', text),
        say: spokenRegion(document)
      }),
      why: ({ route }) => whoOf(route, status.status, trans),
      edited: (completer, local) => {
        this._edited(completer, local);
      },
      moved: completer => {
        this._sessions.left();
        this._prefetch.moved();
        this._emptyLines.moved(completer);
        upheavals.follow(widget());
      }
    });
    const upheavals = new Upheavals(() => this.drop());
    this._listen();
  }

  /** What is suggested, or asked, holds nowhere any more: settings changed, or what was read. */
  drop(): void {
    this._prefetch.stop();
    this._emptyLines.stop();
    this._sessions.supersede();
    this.watchers.drop();
  }

  private _listen(): void {
    this._options.settings.changed.connect(() => this.drop());
    window.addEventListener('pagehide', () => {
      this.watchers.leave();
      this._sessions.close();
    });
    document.addEventListener('focusout', () => {
      this._prefetch.stop();
      setTimeout(() => {
        this._sessions.left(); // who has the focus is known then
      });
    });
  }

  /** Handles an edit, but only where the person is: a shared text changes in each of its views. */
  private _edited(completer: InlineCompleter, local: boolean): void {
    if (!completer.editor?.hasFocus()) {
      return;
    }
    this._options.edited();
    this._prefetch.stop();
    this._emptyLines.stop();
    if (local) {
      this._rhythm.key(performance.now());
      this._emptyLines.edited(completer);
    }
  }

  /** What to prefetch; nothing while a suggestion of ours is visible: its next key needs no model. */
  private _atRest(): CompleteRequest | null {
    const { settings, status } = this._options;
    const { editor, visible } = this.watchers;
    if (!editor || visible || !status.enabled || status.snoozed) {
      return null;
    }
    const asked = this._reader.readAt(editor);
    if (!asked || asked.isComposing()) {
      return null;
    }
    const { position, edit } = asked;
    const session = this._sessions.of(position.document);
    const entered = edit === 'changed' ? { ...asked, edit: TYPED } : asked;
    return session.mayAsk(entered, false, settings.values)
      ? {
          ...position,
          trigger: 'typing',
          multiline: settings.values.multiline,
          last: null,
          deadline_s: 30
        }
      : null;
  }

  private readonly _rhythm = new Rhythm();
  private readonly _sessions: Sessions;
  private readonly _reader: Reader;
  private readonly _prefetch: Prefetch;
  private readonly _emptyLines: EmptyLines;
}
