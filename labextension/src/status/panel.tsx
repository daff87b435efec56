/**
 * What the status item opens: the state and its next step, the switches, the cloud, the last suggestion and why, the
 * cloud's budget; or the form that adds a cloud, alone. Every other action is a command. Knows nothing of popups.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { CloudSection } from '../cloud/section';
import type { CloudSetup } from '../cloud/setup';
import type { Auto, Cloud, Status } from '../server/status';
import type { Trace } from '../server/traces';
import type { CompleteRequest } from '../server/wire';
import { Commands } from '../tokens';
import type { IClient } from '../tokens';
import { nowOf } from './item';
import { LeftSection } from './left';
import {
  autoOf,
  detailOf,
  gainOf,
  gatesOf,
  rowsOf,
  ruleOf,
  sentOf
} from './messages';
import type { StatusModel } from './model';
import { ReportSection } from './report';
import { table } from './rows';
import { offHereOf } from './why';

/** What a Panel needs. */
export interface IPanelOptions {
  status: StatusModel;
  setup: CloudSetup;
  client: Pick<IClient, 'lastTrace' | 'left' | 'report'>;
  /** What was asked for a suggestion; null where this page did not ask. */
  requestOf: (suggestionId: string) => CompleteRequest | null;
  trans: TranslationBundle;
  isLocked: (name: string) => boolean;
  /** There is an editor of settings here: in Notebook 7 it is on another page. */
  hasSettings: () => boolean;
  /** `asked`: the person has been told what the command costs. */
  execute: (command: string, args?: { asked: boolean }) => void;
}

/** Shows the newest state until it is disposed. */
export class Panel extends ReactWidget {
  constructor(private readonly _options: IPanelOptions) {
    super();
    this.addClass('jp-mccom-panel');
    const { status, setup, trans } = _options;
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute('aria-label', trans.__('Code completion'));
    status.changed.connect(this._follow);
    setup.begin();
    setup.changed.connect(this._redraw);
    this._follow();
  }

  override dispose(): void {
    this._options.status.changed.disconnect(this._follow);
    this._options.setup.changed.disconnect(this._redraw);
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    const { status: model, setup, trans } = this._options;
    const cloud = model.status?.cloud ?? null;
    const isAlone = setup.view.open;
    return (
      <>
        {!isAlone && this._state()}
        <CloudSection key="cloud" setup={setup} cloud={cloud} trans={trans} />
        {!isAlone && this._rest()}
      </>
    );
  }

  private _state(): React.JSX.Element {
    const { status: model, trans } = this._options;
    const { state, trouble } = model.shown;
    const { status } = model;
    return (
      <>
        <h2>{nowOf(model, trans)}</h2>
        <p className="jp-mccom-detail" data-state={state}>
          {detailOf(state, status, trouble, trans)}
        </p>
        {status?.wrong_settings.map(line => (
          <p key={line} className="jp-mccom-wrong">
            {line}
          </p>
        ))}
        {model.offHere && (
          <p className="jp-mccom-off">{offHereOf(model.offHere, trans)}</p>
        )}
        {status?.engine_why && <p>{status.engine_why}</p>}
        {status?.stepped_down && <p>{status.stepped_down}</p>}
        {status?.auto && this._auto(status.auto)}
        {status?.index?.detail && <p>{status.index.detail}</p>}
        {status && this._download(status)}
        {this._switches(status?.cloud ?? null)}
      </>
    );
  }

  private _rest(): React.JSX.Element {
    const { status: model, trans } = this._options;
    const { status } = model;
    return (
      <>
        <h3>{trans.__('Last suggestion')}</h3>
        {this._last()}
        {status && <p>{gatesOf(status, trans)}</p>}
        {status?.cloud && this._budget(status.cloud)}
        <LeftSection client={this._options.client} trans={trans} />
        {this._options.hasSettings() &&
          this._button(Commands.settings, trans.__('Settings…'))}
      </>
    );
  }

  private _auto(auto: Auto): React.JSX.Element | null {
    const { trans } = this._options;
    const rows = autoOf(auto, trans);
    return rows.length ? (
      <>
        <p>{ruleOf(auto, trans)}</p>
        {table(rows)}
      </>
    ) : null;
  }

  private _download(status: Status): React.JSX.Element | null {
    const { trans } = this._options;
    const { auto, model, pull } = status;
    if (pull) {
      return (
        <div className="jp-mccom-download">
          <progress
            aria-label={trans.__('Download of %1', pull.model)}
            max={Math.max(pull.total_bytes, 1)}
            value={pull.done_bytes}
          />
          {this._button(Commands.cancelPull, trans.__('Cancel the download'))}
          <p>
            {trans.__(
              '%1 of %2 MB. If you cancel, the next download continues from here.',
              megabytes(pull.done_bytes),
              megabytes(pull.total_bytes)
            )}
          </p>
        </div>
      );
    }
    const offered = model.present ? (auto?.offered ?? null) : null;
    const name = offered?.name ?? model.id;
    const size = megabytes(offered?.bytes ?? model.bytes);
    return model.present && !offered ? null : (
      <div className="jp-mccom-download">
        {this._button(
          Commands.pull,
          trans.__('Download %1 (%2 MB)', name, size)
        )}
        {offered && <p>{gainOf(offered, trans)}</p>}
        <p>
          {trans.__(
            'The model runs on the machine of the Jupyter server; your code stays there.'
          )}
        </p>
      </div>
    );
  }

  private _switches(cloud: Cloud | null): React.JSX.Element {
    const { status, trans } = this._options;
    return (
      <div className="jp-mccom-switches">
        {this._switch(
          Commands.toggle,
          'enabled',
          trans.__('Complete code'),
          status.shown.state !== 'off'
        )}
        {cloud &&
          this._switch(
            Commands.toggleCloud,
            'use_cloud',
            trans.__('Ask the cloud: %1', placeOf(cloud)),
            cloud.on
          )}
        {cloud?.on && <p>{sentOf(cloud, trans)}</p>}
      </div>
    );
  }

  private _switch(
    command: string,
    name: string,
    label: string,
    checked: boolean
  ): React.JSX.Element {
    const { execute, isLocked, trans } = this._options;
    const locked = isLocked(name);
    return (
      <label>
        <input
          type="checkbox"
          data-command={command}
          checked={checked}
          disabled={locked}
          onChange={() => execute(command)}
        />
        {label}
        {locked && ` (${trans.__('set by the administrator of the server')})`}
      </label>
    );
  }

  private _last(): React.JSX.Element {
    const { trans } = this._options;
    const trace = this._trace;
    if (!trace) {
      return <p>{trans.__('None yet, or traces are not kept.')}</p>;
    }
    return (
      <>
        <pre tabIndex={0} aria-label={trans.__('Text')}>
          {trace.text || trans.__('(nothing was shown)')}
        </pre>
        {table(rowsOf(trace, trans))}
        <ReportSection
          key={trace.suggestion_id}
          write={() => this._report(trace.suggestion_id)}
          trans={trans}
        />
      </>
    );
  }

  private _report(suggestionId: string): Promise<string> {
    const { client, requestOf } = this._options;
    return client.report(suggestionId, requestOf(suggestionId));
  }

  private _budget(cloud: Cloud): React.JSX.Element {
    const { trans } = this._options;
    const left = cloud.calls_left ?? trans.__('no limit');
    return (
      <>
        <h3>{trans.__('Cloud calls')}</h3>
        {table([
          [trans.__('Left today'), String(left)],
          [trans.__('Saved today'), String(cloud.calls_saved)]
        ])}
      </>
    );
  }

  private _button(command: string, label: string): React.JSX.Element {
    return (
      <button
        type="button"
        className="jp-mccom-button"
        data-command={command}
        onClick={() => {
          this._options.execute(command, { asked: true });
        }}
      >
        {label}
      </button>
    );
  }

  /** In the next frame: the popup closes at a click on what is not in it, also when that click has just removed it. */
  private readonly _redraw = (): void => {
    requestAnimationFrame(() => {
      if (!this.isDisposed) {
        this.update();
      }
    });
  };

  /** Asks for the last suggestion; what happens meanwhile is asked for once more. */
  private readonly _follow = (): void => {
    this.update();
    this._lookForAnotherCloud();
    this._stale = true;
    this._asking ??= this._ask().finally(() => (this._asking = null));
  };

  /** It may have been set up elsewhere: in another window, by a magic or in a shell. */
  private _lookForAnotherCloud(): void {
    const { status, setup } = this._options;
    const { cloud, server } = status.status ?? {};
    const name = [cloud?.name, cloud?.model, cloud?.url, server?.url].join(' ');
    if (name !== this._cloud) {
      this._cloud = name;
      void setup.load();
    }
  }

  private async _ask(): Promise<void> {
    while (this._stale && !this.isDisposed) {
      this._stale = false;
      try {
        this._trace = await this._options.client.lastTrace();
      } catch {
        return; // the status says why the server does not answer
      }
      this.update();
    }
  }

  private _trace: Trace | null = null;
  /** Which cloud the set-up was loaded for; null before it was. */
  private _cloud: string | null = null;
  private _stale = false;
  private _asking: Promise<void> | null = null;
}

function placeOf({ model, url }: Cloud): string {
  return url ? `${model} (${url})` : model;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
