/**
 * The fields of the form that adds a cloud. A key stays in its field, which no serialised page shows, until the form
 * closes; it is taken out of it at the one place that reads it, and goes to one address only.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { choicesOf } from './choices';
import type { Choice } from './choices';
import type { CloudSetup } from './setup';

/** What the form shows and acts on. */
export interface IFormProps {
  setup: CloudSetup;
  trans: TranslationBundle;
}

type Change = React.ChangeEvent<HTMLInputElement | HTMLSelectElement>;

/** Servers that were found, and kinds of service. */
export function Provider({ setup, trans }: IFormProps): React.JSX.Element {
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
export function Address({
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
  if (setup.fixed.url) {
    return (
      <p className="jp-mccom-hint">
        {trans.__(
          "It is asked at %1 (set by the server's configuration).",
          setup.fixed.url
        )}
      </p>
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
            void setup.list(keyIn(setup, event.target.form));
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

/** Its text is in the browser's field alone. */
export function Key({ setup, trans, choice }: IChoiceProps): React.JSX.Element {
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
          setup.keyWritten();
        }}
        onBlur={event => {
          if (goesOn(event)) {
            void setup.list(keyIn(setup, event.target.form));
          }
        }}
      />
    </Field>
  );
}

/** A list where the names are known, with a way to name another; else a field. */
export function Model({
  setup,
  trans,
  choice
}: IChoiceProps): React.JSX.Element {
  const { models, draft } = setup.view;
  if (setup.fixed.model) {
    return (
      <p className="jp-mccom-hint">
        {trans.__(
          "The model is %1 (set by the server's configuration).",
          setup.fixed.model
        )}
      </p>
    );
  }
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

/** What a field of one choice shows and acts on. */
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

/** The person leaves a field that is filled in, and not to press a button: nothing may move under the mouse then. */
function goesOn(event: React.FocusEvent<HTMLInputElement>): boolean {
  const { target, relatedTarget } = event;
  return !!target.value.trim() && !(relatedTarget instanceof HTMLButtonElement);
}

/**
 * The key in the form's field; empty where there is none. One that was sent to another address is taken out of the field:
 * it belongs there, and has to be given anew for this one.
 */
export function keyIn(setup: CloudSetup, form: HTMLFormElement | null): string {
  const field = form?.elements.namedItem('key');
  if (!(field instanceof HTMLInputElement)) {
    return '';
  }
  if (setup.keyIsForAnother) {
    field.value = '';
    setup.keyWritten();
  }
  return field.value.trim();
}

function idOf(name: string): string {
  return `jp-mccom-cloud-${name}`;
}

function hintOf(name: string): string {
  return `${idOf(name)}-hint`;
}
