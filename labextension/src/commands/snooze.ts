/**
 * The commands that pause suggestions for a while, in the palette and in the menu of the status item. The server keeps
 * the pause, for all pages and for `%mccom snooze`.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { wordsOf } from '../server/guards';
import type { StatusModel } from '../status/model';
import { Commands } from '../tokens';
import type { IClient } from '../tokens';

/** Minutes; null: until the server restarts. */
const CHOICES: readonly (number | null)[] = [5, 15, 60, null];
const STATUS_ITEM = '.jp-mccom-status';

/** What the commands act on. */
export interface ISnoozeOptions {
  app: JupyterFrontEnd;
  client: Pick<IClient, 'snooze'>;
  status: StatusModel;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

/** Adds the commands, the palette's entries, and the status item's menu. */
export function addSnooze(options: ISnoozeOptions): void {
  const { app, status, palette, trans } = options;
  app.commands.addCommand(Commands.snooze, {
    label: args => labelOf(minutesOf(args), trans),
    isEnabled: () => status.shown.state !== 'off',
    execute: args => pause(options, minutesOf(args))
  });
  app.commands.addCommand(Commands.endSnooze, {
    label: trans.__('End the Snooze'),
    isEnabled: () => status.snoozed,
    execute: () => pause(options, 0)
  });
  const category = trans.__('Code Completion');
  for (const minutes of CHOICES) {
    const item = { command: Commands.snooze, args: { minutes } };
    palette?.addItem({ ...item, category });
    app.contextMenu.addItem({ ...item, selector: STATUS_ITEM });
  }
  const command = Commands.endSnooze;
  palette?.addItem({ command, category });
  app.contextMenu.addItem({ command, selector: STATUS_ITEM });
}

function minutesOf(args: Record<string, unknown>): number | null {
  return typeof args.minutes === 'number' ? args.minutes : null;
}

function labelOf(minutes: number | null, trans: TranslationBundle): string {
  return minutes === null
    ? trans.__('Snooze Suggestions until the Server Restarts')
    : trans.__('Snooze Suggestions for %1 Minutes', minutes);
}

async function pause(
  { client, status }: ISnoozeOptions,
  minutes: number | null
): Promise<void> {
  try {
    status.take(await client.snooze(minutes));
  } catch (error) {
    Notification.error(wordsOf(error));
  }
}
