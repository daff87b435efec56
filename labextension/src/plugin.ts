/**
 * Wires the front end's parts. Everything that must exist before the page is restored is made at once.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import {
  ICompletionProviderManager,
  IInlineCompleterFactory
} from '@jupyterlab/completer';
import { NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Client } from './client';
import { addCommands, clicked, offerOnce, tellWhatLeaves } from './commands';
import type { ICommandOptions } from './commands';
import { Completers } from './completer';
import { read } from './context';
import { Executions } from './executions';
import { icon } from './icon';
import { Provider } from './provider';
import { StatusItem, StatusModel } from './status';
import { Suggestions } from './suggestions';
import { PLUGIN_ID } from './tokens';

/** Ghost text in notebooks and the file editor. */
export const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Code completion by a small local model.',
  autoStart: true,
  requires: [ICompletionProviderManager, IInlineCompleterFactory],
  optional: [ISettingRegistry, IStatusBar, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    factory: IInlineCompleterFactory,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_mccom');
    const client = new Client(app.serviceManager.serverSettings);
    const suggestions = new Suggestions(client);
    const completers = new Completers(suggestions);
    const status = new StatusModel(client);
    completers.wrap(factory);
    window.addEventListener('pagehide', () => completers.leave());
    const executions = new Executions();
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const { model } = cell;
      if (
        'executionCount' in model &&
        typeof model.executionCount === 'number'
      ) {
        executions.ran(notebook, model.id, model.executionCount);
      }
    });
    const provider = new Provider({
      client,
      status,
      suggestions,
      read: (request, context) => read(request, context, executions),
      icon
    });
    manager.registerInlineProvider(provider);
    warmAtFirstFocus(client, status);
    void settingsOf(registry).then(settings =>
      furnish(
        {
          app,
          client,
          completers,
          provider,
          status,
          settings,
          palette,
          trans
        },
        statusBar
      )
    );
  }
};

/** Adds what may come after the page: commands, the status item, and the switch that the settings hold. */
function furnish(options: ICommandOptions, statusBar: IStatusBar | null): void {
  const { settings, status, trans } = options;
  const follow = (): void => {
    status.enabled = settings?.composite['enabled'] !== false;
  };
  follow();
  settings?.changed.connect(follow);
  addCommands(options);
  tellWhatLeaves(options);
  if (statusBar) {
    statusBar.registerStatusItem(PLUGIN_ID, {
      align: 'right',
      item: new StatusItem(status, trans, () => void clicked(options))
    });
  } else {
    offerOnce(options);
  }
}

/** Null without a registry, or when the settings cannot be loaded: the defaults hold. */
async function settingsOf(
  registry: ISettingRegistry | null
): Promise<ISettingRegistry.ISettings | null> {
  try {
    return registry ? await registry.load(PLUGIN_ID) : null;
  } catch (error) {
    console.warn(
      'jupyter-mccom: settings could not be loaded, the defaults are used',
      error
    );
    return null;
  }
}

/** The model is loaded while the person reads, not while they wait for the first answer. */
function warmAtFirstFocus(client: Client, status: StatusModel): void {
  const warm = (event: FocusEvent): void => {
    const { target } = event;
    if (
      status.enabled &&
      target instanceof Element &&
      target.closest('.jp-Editor')
    ) {
      document.removeEventListener('focusin', warm);
      void client.warm();
    }
  };
  document.addEventListener('focusin', warm);
}
