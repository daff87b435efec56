/**
 * The panel's part about the cloud: the one in use and how it does, or a button that opens the form. Keeps the keyboard
 * where it was when what has it goes away.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { AddedCloud, Clouds } from '../server/clouds';
import type { Cloud } from '../server/status';
import { CloudForm } from './form';
import type { CloudSetup } from './setup';

/** What the section shows and acts on. */
export interface ISectionProps {
  setup: CloudSetup;
  /** What the server's state says of the cloud; null without one. */
  cloud: Cloud | null;
  trans: TranslationBundle;
}

/** Nothing until the server has told what can be set up. */
export class CloudSection extends React.Component<ISectionProps> {
  /** The field that has the keyboard before a change; null: the keyboard is elsewhere. */
  override getSnapshotBeforeUpdate(): string | null {
    const { activeElement: active } = document;
    const isHere = active !== null && this._node.current?.contains(active);
    const field = active?.closest<HTMLElement>('[data-field]');
    return isHere ? (field?.dataset.field ?? '') : null;
  }

  override componentDidUpdate(
    _props: ISectionProps,
    _state: object,
    before: string | null
  ): void {
    const node = this._node.current;
    this._showWhatIsNew(node);
    if (before === null || node?.contains(document.activeElement)) {
      return;
    }
    const place = node?.querySelector(`[data-field='${before}']`) ?? node;
    place?.querySelector<HTMLElement>('select, input, button')?.focus();
  }

  override render(): React.JSX.Element {
    const { setup, trans } = this.props;
    const { clouds, open } = setup.view;
    return (
      <div className="jp-mccom-cloud" ref={this._node}>
        {clouds && (
          <>
            {open ? (
              <h2>
                {clouds.cloud
                  ? trans.__('Change the cloud model')
                  : trans.__('Add a cloud model')}
              </h2>
            ) : (
              <h3>{trans.__('Cloud model')}</h3>
            )}
            {open ? (
              <CloudForm setup={setup} trans={trans} />
            ) : (
              this._state(clouds)
            )}
          </>
        )}
      </div>
    );
  }

  /** What the server just said may be below the edge of a small window. */
  private _showWhatIsNew(node: HTMLElement | null): void {
    const { trial, trouble } = this.props.setup.view;
    const said = trial ?? trouble;
    if (said && said !== this._said) {
      const place = trial ? '.jp-mccom-result' : '.jp-mccom-refused';
      node?.querySelector(place)?.scrollIntoView({ block: 'nearest' });
    }
    this._said = said;
  }

  private _state(clouds: Clouds): React.JSX.Element {
    const { setup, trans } = this.props;
    const { done, trouble } = setup.view;
    return (
      <>
        <p role="status">{doneOf(done, trans)}</p>
        {clouds.cloud && this._inUse(clouds.cloud)}
        {clouds.local && (
          <p>
            {trans.__(
              'Local model: %1 of %2 at %3',
              clouds.local.model,
              clouds.local.name,
              clouds.local.url
            )}
          </p>
        )}
        {!clouds.may_set_up && (
          <p className="jp-mccom-locked">
            {trans.__('It cannot be changed here:')}{' '}
            <span>{clouds.why_not}</span>
          </p>
        )}
        <p role="alert" className="jp-mccom-refused">
          {trouble || clouds.trouble}
        </p>
        {clouds.may_set_up && this._actions(clouds)}
      </>
    );
  }

  private _inUse(cloud: AddedCloud): React.JSX.Element {
    const { cloud: state, trans } = this.props;
    const rows = [
      [trans.__('Provider'), cloud.name],
      [trans.__('Model'), cloud.model],
      [trans.__('Address'), cloud.url],
      [trans.__('Key'), keptOf(cloud, trans)],
      [trans.__('State'), state ? stateOf(state, trans) : '']
    ];
    return (
      <dl>
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
      </dl>
    );
  }

  private _actions(clouds: Clouds): React.JSX.Element {
    const { setup, trans } = this.props;
    const { cloud, local } = clouds;
    if (setup.view.removing) {
      return this._question(clouds, setup.view.removing);
    }
    return (
      <>
        {button(
          cloud ? trans.__('Change…') : trans.__('Add a cloud model…'),
          () => {
            setup.open();
          }
        )}
        {cloud &&
          button(trans.__('Remove'), () => {
            setup.askToRemove(cloud.provider);
          })}
        {local &&
          local.provider !== cloud?.provider &&
          button(trans.__('Remove %1', local.name), () => {
            setup.askToRemove(local.provider);
          })}
      </>
    );
  }

  private _question(
    { cloud, local }: Clouds,
    provider: string
  ): React.JSX.Element {
    const { setup, trans } = this.props;
    const isCloud = cloud?.provider === provider;
    return (
      <div role="group" aria-labelledby="jp-mccom-removing">
        <p id="jp-mccom-removing">
          {isCloud
            ? trans.__('Remove %1 and its key from this server?', cloud.name)
            : trans.__(
                'Use the model of this machine again, in place of %1?',
                local?.name ?? provider
              )}
        </p>
        {button(trans.__('Keep it'), () => {
          setup.askToRemove('');
        })}
        {button(trans.__('Remove it'), () => void setup.remove(provider))}
      </div>
    );
  }

  /** What the server said last, as it was drawn. */
  private _said: unknown = '';
  private readonly _node = React.createRef<HTMLDivElement>();
}

function button(label: string, clicked: () => void): React.JSX.Element {
  return (
    <button type="button" className="jp-mccom-button" onClick={clicked}>
      {label}
    </button>
  );
}

function doneOf(done: string, trans: TranslationBundle): string {
  switch (done) {
    case 'saved':
      return trans.__('Saved. It is asked from now on.');
    case 'removed':
      return trans.__('Removed, with its key.');
    default:
      return '';
  }
}

/** How the cloud does; why, in the server's words. */
export function stateOf(
  { state, detail, trouble }: Cloud,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'ready':
      return detail || trouble || trans.__('ready');
    case 'paused':
      return trans.__('paused: %1', detail);
    case 'limited':
      return trans.__('limited: %1', detail);
    case 'off':
      return trans.__('off');
  }
}

/** Where the key is. */
export function keptOf(cloud: AddedCloud, trans: TranslationBundle): string {
  switch (cloud.has_key ? cloud.key_place : 'none') {
    case 'keyring':
      return trans.__("in the system's keyring");
    case 'file':
      return trans.__('in a file that only your account can read');
    case 'environment':
      return trans.__('in an environment variable of the server');
    case 'none':
      return trans.__('none');
  }
}
