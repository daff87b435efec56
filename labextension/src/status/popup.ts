/**
 * Opens and closes the panel at the status item, and moves the keyboard there and back.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { showPopup } from '@jupyterlab/statusbar';
import type { IStatusBar, Popup } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CloudSetup } from '../cloud/setup';
import type { Sync } from '../settings/sync';
import type { IClient } from '../tokens';
import { Commands, PLUGIN_ID } from '../tokens';
import { StatusItem } from './item';
import type { StatusModel } from './model';
import { Panel } from './panel';
import type { IPanelOptions } from './panel';

/** A bar that is too long is cut off at its right end, as in a zoomed window: this item stands far from it, and stays. */
const IN_SIGHT = { rank: 10, priority: 1 };
/** Without a status bar, as in Notebook 7: at the right of the page's top, where core leaves no room for a popup. */
const AT_THE_TOP = { rank: 9000 };
const BELOW = 'jp-mod-mccom-below';

/** What the status item and its panel show and act on. */
export interface IStatusOptions {
  app: JupyterFrontEnd;
  client: IClient;
  requestOf: IPanelOptions['requestOf'];
  status: StatusModel;
  sync: Pick<Sync, 'isLocked' | 'choose'>;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

/** Adds the status item, its panel, and the command that opens the panel. Null: there is no status bar. */
export function showStatus(
  options: IStatusOptions,
  statusBar: IStatusBar | null
): void {
  const { app, client, requestOf, status, sync, palette, trans } = options;
  const { commands } = app;
  const setup = new CloudSetup(client, isCloud => {
    if (isCloud && !sync.isLocked('use_cloud')) {
      void sync.choose('use_cloud', true); // else a switch that is stored holds again at the next start
    }
    void status.refresh();
  });
  const popup: PanelPopup = new PanelPopup(
    new StatusItem(status, trans, () => popup.toggle()),
    () =>
      new Panel({
        status,
        setup,
        client,
        requestOf,
        trans,
        isLocked: name => sync.isLocked(name),
        hasSettings: () => commands.isEnabled(Commands.settings),
        execute: (command, args) => void commands.execute(command, args)
      })
  );
  commands.addCommand(Commands.panel, {
    label: trans.__('Show the State of Code Completion'),
    execute: () => popup.toggle()
  });
  commands.addCommand(Commands.addCloud, {
    label: trans.__('Add a Cloud Model'),
    execute: async () => {
      await setup.load();
      setup.open();
      popup.show();
    }
  });
  const category = trans.__('Code Completion');
  for (const command of [Commands.panel, Commands.addCloud]) {
    palette?.addItem({ command, category });
  }
  if (statusBar) {
    const place = { align: 'right' as const, ...IN_SIGHT };
    statusBar.registerStatusItem(PLUGIN_ID, { item: popup.item, ...place });
  } else {
    popup.item.id = PLUGIN_ID.replace(':', '-');
    popup.item.addClass(BELOW);
    app.shell.add(popup.item, 'top', AT_THE_TOP);
  }
}

/** The popup of the panel; at most one is open. */
class PanelPopup {
  constructor(
    readonly item: StatusItem,
    private readonly _panel: () => Panel
  ) {}

  /** Opens the panel, or closes it. */
  toggle(): void {
    if (this._popup) {
      this._popup.dispose();
    } else {
      this._open();
    }
  }

  /** Opens the panel where it is closed. */
  show(): void {
    if (!this._popup) {
      this._open();
    }
  }

  private _open(): void {
    const { item } = this;
    const panel = this._panel();
    if (item.hasClass(BELOW)) {
      panel.addClass(BELOW);
    }
    const popup = showPopup({
      body: panel,
      anchor: item,
      align: 'left', // core keeps its right edge in the window, not its left one
      hasDynamicSize: true
    });
    this._popup = popup;
    item.expanded = true;
    popup.disposed.connect(() => {
      this._popup = null;
      item.expanded = false;
      const { activeElement: active } = document;
      if (active === document.body || popup.node.contains(active)) {
        item.focus(); // nothing else was given it
      }
    });
    // only who leaves by Tab closes it: JupyterLab takes the focus too, when it has restored its layout
    let tabbed = false;
    popup.node.addEventListener('keydown', ({ key }) => {
      tabbed = key === 'Tab';
    });
    popup.node.addEventListener('focusout', ({ relatedTarget }) => {
      if (
        tabbed &&
        relatedTarget instanceof Element &&
        !popup.node.contains(relatedTarget) &&
        !item.node.contains(relatedTarget)
      ) {
        popup.dispose();
      }
    });
    void panel.renderPromise?.then(() => {
      popup.update(); // in the next frame: while its place is not known, it is hidden and takes no focus
      requestAnimationFrame(() => focusFirst(panel.node));
    });
  }

  private _popup: Popup | null = null;
}

function focusFirst(node: HTMLElement): void {
  node
    .querySelector<HTMLElement>('button, select, input:not(:disabled)')
    ?.focus();
}
