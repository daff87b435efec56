/**
 * The form that adds a cloud: provider, address, key, model, a test of them, and what leaves the machine. The key stays in
 * its field until it is sent; nothing here remembers it.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Trial } from '../server/clouds';
import { choicesOf } from './choices';
import type { Choice } from './choices';
import type { CloudSetup } from './setup';

/** What the form shows and acts on. */
export interface IFormProps {
  setup: CloudSetup;
  trans: TranslationBundle;
}

type Change = React.ChangeEvent<HTMLInputElement | HTMLSelectElement>;

/** The form, for as long as the setup is open. */
export function CloudForm({ setup, trans }: IFormProps): React.JSX.Element {
  const { clouds, busy, trial, trouble } = setup.view;
  const { choice } = setup;
  return (
    <form
      className="jp-mccom-form"
      autoComplete="off"
      noValidate // the server says what is wrong, in the form
      aria-label={trans.__('Cloud')}
      aria-busy={busy !== ''}
      onSubmit={event => {
        event.preventDefault(); // Enter in a field tests
        void setup.test(keyIn(event.currentTarget));
      }}
    >
      <Provider setup={setup} trans={trans} />
      {choice && (
        <React.Fragment key={choice.id}>
          <Address setup={setup} trans={trans} choice={choice} />
          <Key setup={setup} trans={trans} choice={choice} />
          <Model setup={setup} trans={trans} choice={choice} />
        </React.Fragment>
      )}
      <button type="submit" className="jp-mccom-button" aria-disabled={!!busy}>
        {trans.__('Test')}
      </button>
      <div role="status" className="jp-mccom-result">
        {busy && <p>{busyOf(busy, trans)}</p>}
        {trial && <Result trial={trial} trans={trans} />}
      </div>
      <p role="alert" className="jp-mccom-refused">
        {trouble}
      </p>
      <p id="jp-mccom-consent">
        {setup.view.draft.local
          ? trans.__('It runs on the machine of the Jupyter server.')
          : clouds?.consent}
      </p>
      <button
        type="button"
        className="jp-mccom-button jp-mod-accept"
        aria-describedby="jp-mccom-consent"
        aria-disabled={busy === 'save'}
        onClick={event => void setup.save(keyIn(event.currentTarget.form))}
      >
        {trans.__('Save')}
      </button>
      <button
        type="button"
        className="jp-mccom-button"
        onClick={() => {
          setup.close();
        }}
      >
        {trans.__('Cancel')}
      </button>
    </form>
  );
}

function Provider({ setup, trans }: IFormProps): React.JSX.Element {
  const choices = choicesOf(setup.view.clouds);
  const found = choices.filter(choice => choice.found);
  const services = choices.filter(choice => !choice.found);
  return (
    <Field name="provider" label={trans.__('Provider')}>
      <select
        id={idOf('provider')}
        value={setup.view.draft.choice}
        onChange={event => {
          setup.choose(event.target.value);
        }}
      >
        {found.length > 0 && (
          <optgroup label={trans.__('Found on this machine')}>
            {found.map(option)}
          </optgroup>
        )}
        <optgroup label={trans.__('Services and servers')}>
          {services.map(option)}
        </optgroup>
      </select>
    </Field>
  );
}

/** A field for servers of the person's own, which may be elsewhere than usual; else the provider's address. */
function Address({
  setup,
  trans,
  choice
}: IChoiceProps): React.JSX.Element | null {
  const { provider, found } = choice;
  const { url } = setup.view.draft;
  if (found) {
    return (
      <>
        <p className="jp-mccom-hint">{trans.__('It answers at %1.', found)}</p>
        <label className="jp-mccom-local">
          <input
            type="checkbox"
            name="local"
            defaultChecked={setup.view.draft.local}
            onChange={event => {
              setup.fill({ local: event.target.checked });
            }}
          />
          {trans.__('Use it as the local model, not as the cloud')}
        </label>
      </>
    );
  }
  return !provider.needs_key || provider.needs_url || url ? (
    <Field name="url" label={trans.__('Address')}>
      <input
        id={idOf('url')}
        name="url"
        type="url"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        defaultValue={url || provider.url}
        onChange={(event: Change) => {
          setup.fill({ url: event.target.value.trim() });
        }}
        onBlur={event => {
          if (!provider.needs_key && goesOn(event)) {
            void setup.list(keyIn(event.target.form));
          }
        }}
      />
    </Field>
  ) : (
    <p className="jp-mccom-hint">
      {trans.__('It is asked at %1.', provider.url)}
    </p>
  );
}

function Key({ setup, trans, choice }: IChoiceProps): React.JSX.Element {
  const { provider } = choice;
  const cloud = setup.view.clouds?.cloud;
  const kept = cloud?.provider === provider.id && cloud.has_key;
  const optional = provider.needs_key
    ? ''
    : trans.__('Only where the server asks for one.');
  return (
    <Field
      name="key"
      label={trans.__('Key')}
      hint={
        kept
          ? trans.__('Leave it empty to use the key that is kept.')
          : optional
      }
    >
      <input
        id={idOf('key')}
        name="key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        aria-describedby={hintOf('key')}
        onChange={() => {
          setup.fill({});
        }}
        onBlur={event => {
          if (goesOn(event)) {
            void setup.list(keyIn(event.target.form));
          }
        }}
      />
    </Field>
  );
}

/** A list where the names are known, with a way to name another; else a field. */
function Model({ setup, trans, choice }: IChoiceProps): React.JSX.Element {
  const { models, draft } = setup.view;
  const { example_model: example, needs_url: isOwn } = choice.provider;
  const known = models.length || isOwn || !example ? models : [example];
  const isNamed = draft.named || !known.includes(draft.model);
  return (
    <Field
      name="model"
      label={trans.__('Model')}
      hint={isNamed && example ? trans.__('For example %1.', example) : ''}
    >
      {known.length > 0 && (
        <select
          id={idOf('model')}
          value={isNamed ? '' : draft.model}
          onChange={event => {
            const model = event.target.value;
            setup.fill({ model, named: !model });
          }}
        >
          {known.map(model => (
            <option key={model} value={model}>
              {model}
            </option>
          ))}
          <option value="">{trans.__('Another name…')}</option>
        </select>
      )}
      {isNamed && (
        <input
          id={known.length ? undefined : idOf('model')}
          name="model"
          type="text"
          autoComplete="off"
          spellCheck={false}
          aria-label={trans.__('Name of the model')}
          aria-describedby={hintOf('model')}
          defaultValue={draft.model}
          onChange={(event: Change) => {
            setup.fill({ model: event.target.value.trim(), named: true });
          }}
        />
      )}
    </Field>
  );
}

function Result({
  trial,
  trans
}: {
  trial: Trial;
  trans: TranslationBundle;
}): React.JSX.Element {
  const seconds = trial.seconds.toFixed(2);
  return (
    <>
      <pre tabIndex={0} aria-label={trans.__('Text of the test')}>
        {trial.text}
      </pre>
      <p>
        {trial.checks_drafts
          ? trans.__(
              'Written in %1 s. Drafts are checked: a local text that is right makes it faster.',
              seconds
            )
          : trans.__('Written in %1 s. Drafts are not checked.', seconds)}
      </p>
      {trial.note && <p>{trial.note}</p>}
    </>
  );
}

interface IChoiceProps extends IFormProps {
  choice: Choice;
}

/** A label, what it belongs to, and a hint that is read with it. */
function Field({
  name,
  label,
  hint = '',
  children
}: {
  name: string;
  label: string;
  hint?: string;
  children: React.ReactNode;
}): React.JSX.Element {
  return (
    <div className="jp-mccom-field" data-field={name}>
      <label htmlFor={idOf(name)}>{label}</label>
      {children}
      <p id={hintOf(name)} className="jp-mccom-hint">
        {hint}
      </p>
    </div>
  );
}

function option({ id, name, found }: Choice): React.JSX.Element {
  return (
    <option key={id} value={id}>
      {found ? `${name} (${found})` : name}
    </option>
  );
}

function busyOf(busy: string, trans: TranslationBundle): string {
  switch (busy) {
    case 'list':
      return trans.__('Asking for the names of the models…');
    case 'test':
      return trans.__('Asking the model for one completion…');
    default:
      return trans.__('Saving…');
  }
}

/** The person leaves a field that is filled in, and not to press a button: nothing may move under the mouse then. */
function goesOn(event: React.FocusEvent<HTMLInputElement>): boolean {
  const { target, relatedTarget } = event;
  return !!target.value.trim() && !(relatedTarget instanceof HTMLButtonElement);
}

/** The key in the form's field; empty where there is none. */
function keyIn(form: HTMLFormElement | null): string {
  const field = form?.elements.namedItem('key');
  return field instanceof HTMLInputElement ? field.value.trim() : '';
}

function idOf(name: string): string {
  return `jp-mccom-cloud-${name}`;
}

function hintOf(name: string): string {
  return `${idOf(name)}-hint`;
}
