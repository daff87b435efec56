/**
 * The state of completions on the page: polls the server, shows one button in the status bar.
 * What a click does is given by `commands.ts`. Knows nothing of editors.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import type { IClient, IStatusModel } from './tokens';
import type { Route, State, Status, TextLine } from './wire';

const BUSY_MS = 1000;
const IDLE_MS = 15000;

/** Polls quickly while something is on its way, slowly otherwise, and not at all while the page is hidden. */
export class StatusModel implements IStatusModel {
  readonly changed = new Signal<this, void>(this);

  constructor(private readonly _client: IClient) {
    this._poll = new Poll({
      name: 'jupyter-mccom:status',
      factory: () => this._refresh(),
      frequency: { interval: IDLE_MS, backoff: true, max: 4 * IDLE_MS },
      standby: 'when-hidden'
    });
  }

  get status(): Status | null {
    return this._status;
  }

  get enabled(): boolean {
    return this._enabled;
  }

  set enabled(value: boolean) {
    if (value !== this._enabled) {
      this._enabled = value;
      this.changed.emit();
    }
  }

  /** What to show: the state and the sentence for the hover. */
  get shown(): { state: State; detail: string } {
    if (!this._enabled) {
      return { state: 'off', detail: '' };
    }
    if (this._away) {
      return { state: 'trouble', detail: this._away };
    }
    if (this._trouble && this._status?.state === 'ready') {
      return { state: 'trouble', detail: this._trouble };
    }
    return this._status ?? { state: 'loading', detail: '' };
  }

  report(trouble: string): void {
    this._trouble = trouble;
    this.changed.emit();
    void this.refresh();
  }

  /** Where the newest text came from; null before the first. */
  get route(): Route | null {
    return this._route;
  }

  answered(line: TextLine): void {
    this._trouble = '';
    if (line.text) {
      this._route = line.route;
    }
    this.changed.emit();
    if (this._status?.cloud) {
      void this.refresh(); // calls left, and whether the cloud failed
    }
    if (this._status?.state !== 'ready') {
      void this.refresh();
    }
  }

  /** Takes a state that the server just gave to somebody else, and follows it from now on. */
  take(status: Status): void {
    this._took(status);
    void this.refresh();
  }

  /** Asks the server now. */
  async refresh(): Promise<void> {
    await this._poll.refresh();
  }

  private _took(status: Status): void {
    if (this._status?.state === 'downloading' && status.model.present) {
      void this._client.warm();
    }
    this._status = status;
    this._away = '';
    const busy = status.state === 'downloading' || status.state === 'loading';
    const interval = busy ? BUSY_MS : IDLE_MS;
    if (this._poll.frequency.interval !== interval) {
      this._poll.frequency = { interval, backoff: !busy, max: 4 * IDLE_MS };
    }
    this.changed.emit();
  }

  private async _refresh(): Promise<void> {
    try {
      this._took(await this._client.status());
    } catch (error) {
      this._away = error instanceof Error ? error.message : String(error);
      this.changed.emit();
      throw error; // the poll waits longer each time
    }
  }

  private readonly _poll: Poll;
  private _status: Status | null = null;
  private _enabled = true;
  private _route: Route | null = null;
  /** Why the last completion failed; empty when it did not. */
  private _trouble = '';
  /** Why the server's state is not known; empty when it is. */
  private _away = '';
}

/** The button in the status bar. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _model: StatusModel,
    private readonly _trans: TranslationBundle,
    private readonly _clicked: () => void
  ) {
    super();
    _model.changed.connect(() => this.update());
  }

  protected override render(): JSX.Element {
    const { state, detail } = this._model.shown;
    const { status, route } = this._model;
    const label = labelOf(state, status, route, this._trans);
    const hover = [
      detail,
      writerOf(status, route, this._trans),
      status?.cloud && this._trans.__('Sent: %1', status.cloud.sends),
      this._next(state)
    ]
      .filter(Boolean)
      .join('\n');
    return (
      <button
        type="button"
        className="jp-mccom-status"
        data-state={state}
        data-origin={route?.to ?? ''}
        title={hover}
        aria-label={[label, hover].join('. ')}
        onClick={this._clicked}
      >
        {label}
      </button>
    );
  }

  private _next(state: State): string {
    switch (state) {
      case 'get-model':
        return this._trans.__('Click to download the model');
      case 'downloading':
        return this._trans.__('Click to cancel the download');
      case 'off':
        return this._trans.__('Click to switch completions on');
      default:
        return this._trans.__('Click to switch completions off');
    }
  }
}

/** The text of the button. */
export function labelOf(
  state: State,
  status: Status | null,
  route: Route | null,
  trans: TranslationBundle
): string {
  const megabytes = Math.round((status?.model.bytes ?? 0) / 1e6);
  const pull = status?.pull;
  switch (state) {
    case 'off':
      return trans.__('mccom: off');
    case 'get-model':
      return trans.__('mccom: get model (%1 MB)', megabytes);
    case 'downloading':
      return trans.__(
        'mccom: downloading %1 %',
        Math.floor(
          (100 * (pull?.done_bytes ?? 0)) / Math.max(pull?.total_bytes ?? 0, 1)
        )
      );
    case 'loading':
      return trans.__('mccom: loading');
    case 'ready':
      if (status?.cloud?.trouble) {
        return trans.__('mccom: local, cloud away');
      }
      return route?.to === 'cloud'
        ? trans.__('mccom: cloud')
        : route && status?.cloud
          ? trans.__('mccom: local')
          : trans.__('mccom: ready');
    case 'trouble':
      return trans.__('mccom: trouble');
  }
}

/** Which model wrote the newest text, and why that one; empty before the first. */
export function writerOf(
  status: Status | null,
  route: Route | null,
  trans: TranslationBundle
): string {
  if (!status || !route) {
    return '';
  }
  const model = route.to === 'cloud' ? status.cloud?.model : status.model.id;
  return trans.__('Last text by %1 (%2)', model ?? route.to, route.reason);
}
