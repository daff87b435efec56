/**
 * The state of completions on the page: what the server says, polled, and what happened here. Shows nothing itself.
 */

import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { wordsOf } from '../server/guards';
import type { State, Status } from '../server/status';
import type { Route, TextLine } from '../server/wire';
import type { IClient, IOffHere, IStatusModel } from '../tokens';

const BUSY_MS = 1000;
const MINUTE_MS = 60_000;
const IDLE_MS = 15000;
/** The server says by then, however slow the machine, that a model that it was told to load is being loaded. */
const BEGUN_MS = 10000;
const UNDER_WAY: readonly State[] = ['downloading', 'measuring', 'loading'];

/** Polls quickly while something is on its way or may be soon, slowly otherwise, and not at all while the page is hidden. */
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

  /** How long nothing is suggested unasked, in milliseconds; 0: not paused, Infinity: until the server restarts. */
  get snoozeLeftMs(): number {
    return Math.max(0, this._snoozedUntilMs - performance.now());
  }

  get snoozed(): boolean {
    return this.snoozeLeftMs > 0;
  }

  /** Why nothing is completed where the person is; null: something may be. */
  get offHere(): IOffHere | null {
    return this._offHere;
  }

  set offHere(off: IOffHere | null) {
    const before = this._offHere;
    this._offHere = off;
    if (JSON.stringify(off) !== JSON.stringify(before)) {
      this.changed.emit();
    }
  }

  /** What to show: the state, and what went wrong. */
  get shown(): { state: State; trouble: string } {
    if (!this._enabled) {
      return { state: 'off', trouble: '' };
    }
    if (this._away) {
      return { state: 'trouble', trouble: this._away };
    }
    if (this._trouble && this._status?.state === 'ready') {
      return { state: 'trouble', trouble: this._trouble };
    }
    const state = this._status?.state ?? 'loading';
    const trouble = state === 'trouble' ? (this._status?.detail ?? '') : '';
    return { state, trouble };
  }

  /** The same trouble again is no news: a server that is down would else be heard of at each key. */
  report(trouble: string): void {
    if (trouble === this._trouble && this._status?.state === 'trouble') {
      return;
    }
    this._trouble = trouble;
    this.changed.emit();
    void this.refresh();
  }

  /** Where the newest text came from; null before the first, and once another model stands in its writer's place. */
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
    if (this._status?.state !== 'ready' || line.route.reason === 'no-infill') {
      void this.refresh();
    }
  }

  /** Takes a state that the server just gave to somebody else, and follows it from now on. */
  take(status: Status): void {
    this._took(status);
    void this.refresh();
  }

  /** Has the model loaded, and shows that. */
  async warm(): Promise<void> {
    this._warmedMs = performance.now();
    await this._client.warm();
    await this.refresh();
  }

  /** Asks the server now; once more where it is being asked, since it may have answered before what happened. */
  async refresh(): Promise<void> {
    this._stale = true;
    await this._poll.refresh();
  }

  private _took(status: Status): void {
    if (this._status?.state === 'downloading' && status.model.present) {
      void this.warm();
    }
    if (this._status?.state === 'trouble' && status.state !== 'trouble') {
      this._trouble = ''; // what failed is over
    }
    if (this._route && hasChanged(this._route, this._status, status)) {
      this._route = null;
    }
    this._status = status;
    this._tookSnooze(status.snooze);
    this._away = '';
    const busy =
      UNDER_WAY.includes(status.state) ||
      performance.now() - this._warmedMs < BEGUN_MS;
    const interval = busy ? BUSY_MS : IDLE_MS;
    if (this._poll.frequency.interval !== interval) {
      this._poll.frequency = { interval, backoff: !busy, max: 4 * IDLE_MS };
    }
    this.changed.emit();
  }

  private _tookSnooze(snooze: Status['snooze']): void {
    const leftMs = snooze ? 1000 * (snooze.left_s ?? Infinity) : 0;
    this._snoozedUntilMs = performance.now() + leftMs;
    this._countDown();
  }

  /** The minutes that are shown become fewer, and at the end suggestions come again. */
  private _countDown(): void {
    clearTimeout(this._counting);
    const leftMs = this.snoozeLeftMs;
    if (leftMs > 0 && leftMs < Infinity) {
      this._counting = setTimeout(
        () => {
          this.changed.emit();
          this._countDown();
        },
        (leftMs % MINUTE_MS) + 1
      );
    }
  }

  /** The poll drops what is wished for while it asks, so each turn asks until nothing new was wished for. */
  private async _refresh(): Promise<void> {
    try {
      do {
        await this._askOnce();
      } while (this._stale);
    } catch (error) {
      this._away = wordsOf(error);
      this.changed.emit();
      throw error; // the poll waits longer each time
    }
  }

  private async _askOnce(): Promise<void> {
    this._stale = false;
    this._took(await this._client.status());
  }

  private readonly _poll: Poll;
  private _status: Status | null = null;
  private _warmedMs = -Infinity;
  /** Something happened that the last question to the server may not know. */
  private _stale = false;
  private _enabled = true;
  private _offHere: IOffHere | null = null;
  private _snoozedUntilMs = 0;
  private _counting: ReturnType<typeof setTimeout> | undefined;
  private _route: Route | null = null;
  /** Why the last completion failed; empty when it did not. */
  private _trouble = '';
  /** Why the server's state is not known; empty when it is. */
  private _away = '';
}

/** True when the model that a route leads to has changed. */
function hasChanged(route: Route, before: Status | null, now: Status): boolean {
  const writer = ({ cloud, model }: Status): string | undefined =>
    route.to === 'cloud' ? cloud?.model : model.id;
  return before !== null && writer(before) !== writer(now);
}
