/**
 * Our commands, and the offer of a model that is missing. Knows nothing of requests or of how things look.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Provider } from '../completion/provider';
import type { Watchers } from '../ghost/watchers';
import { wordsOf } from '../server/guards';
import type { Status } from '../server/status';
import type { Sync } from '../settings/sync';
import type { StatusModel } from '../status/model';
import { Commands } from '../tokens';
import type { IClient } from '../tokens';

/** Core's command for a suggestion at the cursor. */
const INVOKE = 'inline-completer:invoke';
/** Core's command that opens the settings editor. */
const SETTINGS = 'settingeditor:open';

/** Commands that other files put into the palette. */
const ELSEWHERE: readonly string[] = [
  Commands.panel,
  Commands.addCloud,
  Commands.snooze,
  Commands.endSnooze
];

/** What the commands act on. */
export interface ICommandOptions {
  app: JupyterFrontEnd;
  client: IClient;
  watchers: Watchers;
  status: StatusModel;
  sync: Sync;
  palette: ICommandPalette | null;
  provider: Pick<Provider, 'askNext'>;
  trans: TranslationBundle;
}

/** Adds the commands, and the palette's entries where there is a palette. */
export function addCommands(options: ICommandOptions): void {
  const { app, client, watchers, status, sync, palette, trans } = options;
  app.commands.addCommand(Commands.dismiss, {
    label: trans.__('Dismiss the Suggestion'),
    execute: () => {
      watchers.dismiss();
    }
  });
  app.commands.addCommand(Commands.why, {
    label: trans.__('Say Who Wrote the Suggestion'),
    execute: () => {
      watchers.tellWhy();
    }
  });
  app.commands.addCommand(Commands.toggle, {
    label: trans.__('Complete Code'),
    isToggled: () => status.shown.state !== 'off',
    isEnabled: () => !sync.isLocked('enabled'),
    execute: () => sync.choose('enabled', status.shown.state === 'off')
  });
  app.commands.addCommand(Commands.toggleCloud, {
    label: trans.__('Ask the Cloud When the Model Is Unsure'),
    isToggled: () => status.status?.cloud?.on === true,
    isEnabled: () => !!status.status?.cloud && !sync.isLocked('use_cloud'),
    execute: () => sync.choose('use_cloud', status.status?.cloud?.on !== true)
  });
  app.commands.addCommand(Commands.pull, {
    label: trans.__('Download the Completion Model'),
    isEnabled: () =>
      status.status?.model.present !== true ||
      Boolean(status.status.auto?.offered),
    execute: args => pull(options, args['asked'] === true)
  });
  app.commands.addCommand(Commands.cancelPull, {
    label: trans.__('Cancel the Download of the Completion Model'),
    isEnabled: () => status.shown.state === 'downloading',
    execute: () => follow(status, client.cancelPull())
  });
  app.commands.addCommand(Commands.ask, {
    label: trans.__('Ask the Cloud for a Suggestion'),
    isEnabled: () => status.status?.cloud?.on === true,
    execute: () => {
      options.provider.askNext();
      return app.commands.execute(INVOKE);
    }
  });
  app.commands.addCommand(Commands.settings, {
    label: trans.__('Settings of Code Completion'),
    isEnabled: () => app.commands.hasCommand(SETTINGS),
    execute: () => app.commands.execute(SETTINGS, { query: 'mccom' })
  });
  status.changed.connect(() => app.commands.notifyCommandChanged());
  const category = trans.__('Code Completion');
  for (const command of Object.values(Commands)) {
    if (!ELSEWHERE.includes(command)) {
      palette?.addItem({ command, category });
    }
  }
}

/** `asked`: the person has seen the size. */
async function pull(
  { client, status, trans }: ICommandOptions,
  asked: boolean
): Promise<void> {
  const told = status.status;
  if (!told) {
    return;
  }
  const offered = told.model.present ? told.auto?.offered : null;
  if (asked) {
    await follow(status, client.pull());
    return;
  }
  const answer = await showDialog({
    title: trans.__('Download the completion model?'),
    body: trans.__(
      '%1, %2 MB. The model runs on the machine of the Jupyter server; your code stays there.',
      offered?.name ?? told.model.id,
      Math.round((offered?.bytes ?? told.model.bytes) / 1e6)
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
    Notification.error(wordsOf(error));
  }
}
