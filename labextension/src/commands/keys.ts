/**
 * The commands of the keyboard and of where to complete. Their shortcuts stand in the schema, where a person may change
 * them. Knows nothing of requests.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import type { Target } from '../completion/context';
import { isOff, isOffAbove, switched } from '../completion/trigger';
import type { Watchers } from '../ghost/watchers';
import type { Settings } from '../settings/settings';

/** Ids of these commands. */
export const Keys = {
  acceptWord: 'mccom:accept-word',
  acceptLine: 'mccom:accept-line',
  manual: 'mccom:toggle-manual',
  document: 'mccom:toggle-document',
  folder: 'mccom:toggle-folder',
  language: 'mccom:toggle-language'
} as const;

/** Our shortcuts begin so. */
const OURS = 'mccom:';

/** Core's own, in the palette beside ours; core puts them nowhere. */
const CORE = [
  'inline-completer:accept',
  'inline-completer:next',
  'inline-completer:previous',
  'inline-completer:invoke'
];

/** What the commands act on. */
export interface IKeyOptions {
  app: JupyterFrontEnd;
  watchers: Pick<Watchers, 'take'>;
  settings: Settings;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  /** The document that the person is in; null where nothing can be completed. */
  target: () => Target | null;
}

/** Adds the commands, and the palette's entries where there is a palette. */
export function addKeys(options: IKeyOptions): void {
  const { app, settings, palette, trans } = options;
  addAccepts(options);
  addPaths(options);
  captureKeys(app.commands, document);
  app.commands.addCommand(Keys.manual, {
    label: trans.__('Complete Only when Asked'),
    isToggled: () => settings.values.trigger_mode === 'manual',
    execute: () =>
      settings.set(
        'trigger_mode',
        settings.values.trigger_mode === 'manual' ? 'automatic' : 'manual'
      )
  });
  settings.changed.connect(() => app.commands.notifyCommandChanged());
  const category = trans.__('Code Completion');
  for (const command of [...Object.values(Keys), ...CORE]) {
    palette?.addItem({ command, category });
  }
}

/** Without a suggestion they do nothing; the palette shows them for their shortcuts. */
function addAccepts({ app, watchers, trans }: IKeyOptions): void {
  app.commands.addCommand(Keys.acceptWord, {
    label: trans.__('Accept the Next Word of the Suggestion'),
    execute: () => watchers.take('word')
  });
  app.commands.addCommand(Keys.acceptLine, {
    label: trans.__('Accept the Next Line of the Suggestion'),
    execute: () => watchers.take('line')
  });
}

function addPaths({ app, settings, target, trans }: IKeyOptions): void {
  const isListed = (path: string): boolean =>
    isOff(path, settings.values.paths_off);
  const mayList = (path: string | null): boolean =>
    path !== null && !isOffAbove(path, settings.values.paths_off);
  const folder = (): string | null => {
    const found = target();
    return found && PathExt.dirname(found.document);
  };
  app.commands.addCommand(Keys.document, {
    label: trans.__('Complete in This Document'),
    isEnabled: () => mayList(target()?.document ?? null),
    isToggled: () => !isListed(target()?.document ?? ''),
    execute: () => toggle('paths_off', target()?.document ?? null)
  });
  app.commands.addCommand(Keys.folder, {
    label: trans.__('Complete in This Folder'),
    isEnabled: () => mayList(folder()),
    isToggled: () => !isListed(folder() ?? ''),
    execute: () => toggle('paths_off', folder())
  });
  app.commands.addCommand(Keys.language, {
    label: () => trans.__('Complete %1', target()?.language ?? ''),
    isEnabled: () => !!target()?.language,
    isToggled: () =>
      !settings.values.languages_off.includes(target()?.language ?? ''),
    execute: () => toggle('languages_off', target()?.language ?? null)
  });

  async function toggle(
    name: 'paths_off' | 'languages_off',
    item: string | null
  ): Promise<void> {
    const list = settings.values[name];
    const off =
      name === 'paths_off' ? isListed(item ?? '') : list.includes(item ?? '');
    if (item !== null) {
      await settings.set(name, switched(list, item || '/', !off));
    }
  }
}

/**
 * Gives our shortcuts their keys before the editor takes them: JupyterLab hears keys after CodeMirror, which moves the
 * cursor by Ctrl+Right. Only where a shortcut of ours matches, as it is set now.
 */
function captureKeys(commands: CommandRegistry, page: Document): void {
  page.addEventListener(
    'keydown',
    event => {
      const { target } = event;
      if (target instanceof Element && isOurs(commands, event, target)) {
        commands.processKeydownEvent(event);
      }
    },
    true
  );
}

function isOurs(
  commands: CommandRegistry,
  event: KeyboardEvent,
  target: Element
): boolean {
  const key = CommandRegistry.keystrokeForKeydownEvent(event);
  return (
    !event.isComposing &&
    commands.keyBindings.some(
      ({ command, keys, selector }) =>
        command.startsWith(OURS) &&
        keys.length === 1 &&
        keys[0] === key &&
        target.closest(selector)
    )
  );
}
