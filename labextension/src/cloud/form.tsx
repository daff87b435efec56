/**
 * The form that adds a cloud: its fields, a test of what is filled in, and what leaves the machine.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Trial } from '../server/clouds';
import { Address, Key, keyIn, Model, Provider } from './fields';
import type { IFormProps } from './fields';

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
        void setup.test(keyIn(setup, event.currentTarget));
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
        onClick={event =>
          void setup.save(keyIn(setup, event.currentTarget.form))
        }
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
