/**
 * Our commands and what a click on the status item does. Knows nothing of requests.
 */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Completers } from './completers';
import type { Provider } from './provider';
import type { Settings } from './settings';
import type { StatusModel } from './status';
import type { IClient } from './tokens';
import type { Status } from './wire';

/** Ids of our commands. */
export const Commands = {
  dismiss: 'mccom:dismiss',
  toggle: 'mccom:toggle',
  pull: 'mccom:pull',
  ask: 'mccom:ask'
} as const;

/** Core's command for a suggestion at the cursor. */
const INVOKE = 'inline-completer:invoke';
const TOLD = 'jupyter-mccom:told';

/** What the commands act on. */
export interface ICommandOptions {
  app: JupyterFrontEnd;
  client: IClient;
  completers: Completers;
  status: StatusModel;
  settings: Settings;
  palette: ICommandPalette | null;
  provider: Pick<Provider, 'askNext'>;
  trans: TranslationBundle;
}

/** Adds the commands, and the palette's entries where there is a palette. */
export function addCommands(options: ICommandOptions): void {
  const { app, completers, status, settings, palette, trans } = options;
  app.commands.addCommand(Commands.dismiss, {
    label: trans.__('Dismiss the Suggestion'),
    execute: () => {
      completers.dismiss();
    }
  });
  app.commands.addCommand(Commands.toggle, {
    label: trans.__('Complete Code'),
    isToggled: () => status.enabled,
    execute: () => settings.set('enabled', !status.enabled)
  });
  app.commands.addCommand(Commands.pull, {
    label: trans.__('Download the Completion Model'),
    isEnabled: () => status.status?.model.present !== true,
    execute: () => pull(options)
  });
  app.commands.addCommand(Commands.ask, {
    label: trans.__('Ask the Cloud for a Suggestion'),
    isEnabled: () => !!status.status?.cloud,
    execute: () => {
      options.provider.askNext();
      return app.commands.execute(INVOKE);
    }
  });
  status.changed.connect(() => app.commands.notifyCommandChanged());
  for (const command of Object.values(Commands)) {
    palette?.addItem({ command, category: trans.__('Code Completion') });
  }
}

/** A click on the status item: get the model, cancel its download, or switch completions off and on. */
export async function clicked(options: ICommandOptions): Promise<void> {
  const { app, client, status, trans } = options;
  const { state } = status.shown;
  if (state === 'get-model') {
    await pull(options);
  } else if (state === 'downloading') {
    const answer = await showDialog({
      title: trans.__('Cancel the download?'),
      body: trans.__(
        'What has arrived is kept: the next download goes on from there.'
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Go on downloading') }),
        Dialog.warnButton({ label: trans.__('Cancel the download') })
      ]
    });
    if (answer.button.accept) {
      await follow(status, client.cancelPull());
    }
  } else {
    await app.commands.execute(Commands.toggle);
  }
}

/** Where there is no status bar (Notebook 7), a missing model is offered once by a notification. */
export function offerOnce(options: ICommandOptions): void {
  const { status, trans } = options;
  const offer = (): void => {
    if (status.shown.state !== 'get-model') {
      return;
    }
    status.changed.disconnect(offer);
    Notification.info(
      trans.__('Code completion needs a model that is not on this machine.'),
      {
        autoClose: false,
        actions: [
          {
            label: trans.__('Get the Model'),
            callback: () => void pull(options)
          }
        ]
      }
    );
  };
  status.changed.connect(offer);
  offer();
}

/** Says once a cloud what leaves the machine. */
export function tellWhatLeaves({ status, trans }: ICommandOptions): void {
  const tell = (): void => {
    const cloud = status.status?.cloud;
    const name = cloud ? [cloud.model, cloud.url].join(' ') : '';
    if (!cloud || localStorage.getItem(TOLD) === name) {
      return;
    }
    localStorage.setItem(TOLD, name);
    Notification.info(
      trans.__(
        'Code around the cursor, of other cells and of the project may be sent to %1 at %2, secrets masked.',
        cloud.model,
        cloud.url
      ),
      { autoClose: false }
    );
  };
  status.changed.connect(tell);
  tell();
}

async function pull({ client, status, trans }: ICommandOptions): Promise<void> {
  const model = status.status?.model;
  if (!model) {
    return;
  }
  const answer = await showDialog({
    title: trans.__('Download the completion model?'),
    body: trans.__(
      '%1, %2 MB. It runs on the machine of the Jupyter server; your code stays there.',
      model.id,
      Math.round(model.bytes / 1e6)
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Download') })
    ]
  });
  if (answer.button.accept) {
    await follow(status, client.pull());
  }
}

/** Shows the state that the server answered with, or its refusal. */
async function follow(
  status: StatusModel,
  answer: Promise<Status>
): Promise<void> {
  try {
    status.take(await answer);
  } catch (error) {
    Notification.error(error instanceof Error ? error.message : String(error));
  }
}
