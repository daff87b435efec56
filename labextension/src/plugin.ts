/**
 * Wires the front end's parts. Everything that must exist before the page is restored is made at once.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import {
  ICompletionProviderManager,
  IInlineCompleterFactory
} from '@jupyterlab/completer';
import { NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { addCommands } from './commands/commands';
import type { ICommandOptions } from './commands/commands';
import { addKeys } from './commands/keys';
import { offerCloud, tellTrouble, tellWhatLeaves } from './commands/notices';
import { addOptOuts } from './commands/optout';
import { addSnooze } from './commands/snooze';
import { CellOrder } from './completion/cellorder';
import { targetOf } from './completion/context';
import type { Target } from './completion/context';
import { IHere } from './completion/here';
import type { Here } from './completion/here';
import { Page } from './page';
import { Client } from './server/client';
import type { CompleteRequest } from './server/wire';
import { listenElsewhere } from './settings/elsewhere';
import { storedSettings } from './settings/load';
import { Settings } from './settings/settings';
import { Sync } from './settings/sync';
import { StatusModel } from './status/model';
import { showStatus } from './status/popup';
import type { IStatusOptions } from './status/popup';
import { PLUGIN_ID } from './tokens';

type Widget = JupyterFrontEnd['shell']['currentWidget'];

/** JupyterLab shows it beside a suggestion of ours: a cursor, and the text that follows it. */
const icon = new LabIcon({
  name: 'jupyter-mccom:suggestion',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">' +
    '<g class="jp-icon3" fill="#616161">' +
    '<rect x="2" y="2" width="1.5" height="12"/>' +
    '<rect x="5.5" y="4" width="8.5" height="1.8" rx=".9"/>' +
    '<rect x="5.5" y="7.1" width="6" height="1.8" rx=".9"/>' +
    '<rect x="5.5" y="10.2" width="7.5" height="1.8" rx=".9"/>' +
    '</g></svg>'
});

/** Ghost text in notebooks and the file editor. */
export const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Code completion by a small local model.',
  autoStart: true,
  requires: [ICompletionProviderManager, IInlineCompleterFactory, IHere],
  optional: [ISettingRegistry, IStatusBar, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    factory: IInlineCompleterFactory,
    here: Here,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_mccom');
    const client = new Client(app.serviceManager.serverSettings, trans);
    const status = new StatusModel(client);
    const settings = new Settings();
    const widget = (): Widget => app.shell.currentWidget;
    const cellOrder = new CellOrder();
    const page = new Page({
      client,
      status,
      settings,
      cellOrder,
      widget,
      edited: () => here.edited(),
      icon,
      trans
    });
    page.watchers.wrap(factory);
    manager.registerInlineProvider(page.provider);
    follow(cellOrder);
    warmAtFirstFocus(status);
    const sync = new Sync({
      client,
      changed: () => void status.refresh(),
      refused: reason => Notification.error(reason)
    });
    listenElsewhere(app.serviceManager.events, enabled => {
      if (!enabled) {
        page.drop();
      }
      void status.refresh();
    });
    dropWhenSnoozed(status, page);
    here.know(() => ({
      values: settings.values,
      isLocked: name => sync.isLocked(name),
      binding: status.status?.opt_outs_bind ?? []
    }));
    followHere(here, { status, settings, page });
    const { watchers, provider } = page;
    const requestOf = (id: string): CompleteRequest | null =>
      provider.requestOf(id);
    const parts = { app, client, watchers, provider, requestOf, status, sync };
    void storedSettings(registry, sync, trans).then(stored => {
      if (stored) {
        settings.follow(stored);
        void sync.follow(stored);
      }
      furnish({ ...parts, palette, trans }, settings, statusBar);
      const target = (): Target | null => targetOf(widget());
      addKeys({ app, watchers, settings, palette, trans, target });
      addOptOuts({ app, here, palette, trans });
    });
  }
};

/** A pause begins: what is shown goes. What is asked for by hand later stays. */
function dropWhenSnoozed(status: StatusModel, page: Page): void {
  let before = false;
  status.changed.connect(() => {
    if (status.snoozed && !before) {
      page.drop();
    }
    before = status.snoozed;
  });
}

/** The status says why nothing comes where the person is. What was shown there goes when that begins. */
function followHere(
  here: Here,
  {
    status,
    settings,
    page
  }: { status: StatusModel; settings: Settings; page: Page }
): void {
  const told = (): void => {
    const before = status.offHere;
    status.offHere = here.off;
    if (status.offHere && !before) {
      page.drop();
    }
  };
  here.changed.connect(told);
  settings.changed.connect(told);
  status.changed.connect(told);
  told();
}

/** Which cells ran is heard from every notebook. */
function follow(cellOrder: CellOrder): void {
  NotebookActions.executed.connect((_, { notebook, cell }) => {
    const { model } = cell;
    if ('executionCount' in model && typeof model.executionCount === 'number') {
      cellOrder.ran(notebook, model.id, model.executionCount);
    }
  });
}

/** Adds what may come after the page: commands, the status item, and the switch that the settings hold. */
function furnish(
  options: ICommandOptions & IStatusOptions,
  settings: Settings,
  statusBar: IStatusBar | null
): void {
  const { status } = options;
  const follow = (): void => {
    status.enabled = settings.values.enabled;
  };
  follow();
  settings.changed.connect(follow);
  addCommands(options);
  addSnooze(options);
  tellWhatLeaves(options);
  showStatus(options, statusBar);
  offerCloud(options);
  tellTrouble(options);
}

/** The model is loaded while the person reads, not while they wait for the first answer. */
function warmAtFirstFocus(status: StatusModel): void {
  const warm = (event: FocusEvent): void => {
    const { target } = event;
    if (
      status.enabled &&
      target instanceof Element &&
      target.closest('.jp-Editor')
    ) {
      document.removeEventListener('focusin', warm);
      void status.warm();
    }
  };
  document.addEventListener('focusin', warm);
}
