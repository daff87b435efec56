/**
 * Gives our shortcuts their keys before the editor takes them: JupyterLab hears keys after CodeMirror, which moves the
 * cursor by Ctrl+Right. Only where a shortcut of ours matches, as it is set now.
 */

import { CommandRegistry } from '@lumino/commands';

/** Our shortcuts begin so. */
const OURS = 'mccom:';

/** Listens from now on. */
export function captureKeys(commands: CommandRegistry, page: Document): void {
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
  return commands.keyBindings.some(
    ({ command, keys, selector }) =>
      command.startsWith(OURS) &&
      keys.length === 1 &&
      keys[0] === key &&
      target.closest(selector)
  );
}
