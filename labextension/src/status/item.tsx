/**
 * The button in the status bar: tier in use, model, trouble. What a click does is given. Trouble is also said to
 * screen readers, once.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { State, Status } from '../server/status';
import type { Route } from '../server/wire';
import { detailOf, isPaused, reasonOf, sentOf } from './messages';
import type { StatusModel } from './model';
import { offHereOf } from './why';

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

  /** The panel of this item is open. */
  get expanded(): boolean {
    return this._expanded;
  }

  set expanded(value: boolean) {
    this._expanded = value;
    this.update();
  }

  /** Gives the keyboard to the button. */
  focus(): void {
    this.node.querySelector('button')?.focus();
  }

  protected override render(): React.JSX.Element {
    const { state, trouble } = this._model.shown;
    const { status, route, offHere } = this._model;
    const hover = [
      offHere && offHereOf(offHere, this._trans),
      detailOf(state, status, trouble, this._trans),
      writerOf(status, route, this._trans),
      status?.cloud?.on && sentOf(status.cloud, this._trans),
      this._model.snoozed &&
        this._trans.__(
          'Nothing is suggested unless you ask (Alt+\\). A right click ends that.'
        ),
      this._trans.__('Click to see why, and to switch completions on or off')
    ];
    return (
      <>
        <button
          type="button"
          className="jp-mccom-status"
          data-state={state}
          data-origin={route?.to ?? ''}
          title={hover.filter(Boolean).join('\n')}
          aria-haspopup="dialog"
          aria-expanded={this._expanded}
          onClick={this._clicked}
        >
          {nowOf(this._model, this._trans)}
        </button>
        <span role="status" className="jp-mccom-spoken">
          {trouble || awayOf(status, this._trans)}
        </span>
      </>
    );
  }

  private _expanded = false;
}

/** States in which the model answers, at once or soon. */
const ANSWERS: readonly State[] = ['ready', 'measuring', 'loading'];

/** The text of the button now. */
export function nowOf(model: StatusModel, trans: TranslationBundle): string {
  const { shown, status, route, offHere, snoozed } = model;
  if (offHere && ANSWERS.includes(shown.state)) {
    return trans.__('mccom: off here');
  }
  return shown.state === 'ready' && snoozed
    ? snoozeOf(model.snoozeLeftMs, trans)
    : labelOf(shown.state, status, route, trans);
}

/** The text of the button while nothing is suggested unasked. */
export function snoozeOf(leftMs: number, trans: TranslationBundle): string {
  return leftMs === Infinity
    ? trans.__('mccom: snoozed')
    : trans.__('mccom: snoozed, %1 min', Math.ceil(leftMs / 60_000));
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
    case 'measuring':
      return trans.__('mccom: measuring this machine');
    case 'loading':
      return trans.__('mccom: loading');
    case 'ready':
      if (isPaused(status?.cloud)) {
        return trans.__('mccom: local, cloud paused');
      }
      if (status?.cloud?.trouble) {
        return trans.__('mccom: local, cloud away');
      }
      if (!route || !status?.cloud?.on) {
        return trans.__('mccom: ready');
      }
      return route.to === 'cloud'
        ? trans.__('mccom: cloud')
        : trans.__('mccom: local');
    case 'trouble':
      return trans.__('mccom: trouble');
  }
}

/** What is said of a cloud that is left alone: no time until it is asked again, which changes all the while. */
export function awayOf(
  status: Status | null,
  trans: TranslationBundle
): string {
  return isPaused(status?.cloud)
    ? trans.__('The cloud is left alone for a while. The local model goes on.')
    : '';
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
  return trans.__(
    'Last text by %1: %2',
    model ?? route.to,
    reasonOf(route.reason, trans)
  );
}
