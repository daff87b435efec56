/**
 * What is said once in a browser, by a notification: what leaves the machine for a cloud, and that one can be added.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cloud } from '../server/status';
import { sentOf } from '../status/messages';
import type { StatusModel } from '../status/model';
import { Commands } from '../tokens';
import type { IClient } from '../tokens';

const TOLD = 'jupyter-mccom:told';
const LONGEST_NAME = 40;
const OFFERED = 'jupyter-mccom:cloud-offered';
/** The person has seen by then what the local model does. */
const ENOUGH_SHOWN = 20;

/** What the notices are about. */
export interface INoticeOptions {
  app: Pick<JupyterFrontEnd, 'commands'>;
  client: Pick<IClient, 'clouds'>;
  status: StatusModel;
  trans: TranslationBundle;
}

/** Says once a cloud what leaves the machine. */
export function tellWhatLeaves({
  status,
  trans
}: Pick<INoticeOptions, 'status' | 'trans'>): void {
  const tell = (): void => {
    const cloud = status.status?.cloud;
    const name = cloud ? [cloud.model, cloud.url].join(' ') : '';
    if (!cloud?.on || localStorage.getItem(TOLD) === name) {
      return;
    }
    localStorage.setItem(TOLD, name);
    Notification.info(
      trans.__(
        'Code may be sent to %1 when the local model is unsure. Secrets are masked.',
        shortened(cloud.model)
      ),
      {
        autoClose: false,
        actions: [
          {
            label: trans.__('What Is Sent'),
            callback: () => void showSent(cloud, trans)
          }
        ]
      }
    );
  };
  status.changed.connect(tell);
  tell();
}

/** JupyterLab cuts a notice off behind 140 characters. */
function shortened(model: string): string {
  return model.length > LONGEST_NAME
    ? `${model.slice(0, LONGEST_NAME)}…`
    : model;
}

async function showSent(cloud: Cloud, trans: TranslationBundle): Promise<void> {
  await showDialog({
    title: trans.__('What is sent to %1', cloud.model),
    body: [trans.__('To %1.', cloud.url), sentOf(cloud, trans)].join(' '),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

/** Says once an outage of a model server that it does not answer, and takes that back when it does. */
export function tellTrouble({
  app,
  status,
  trans
}: Pick<INoticeOptions, 'app' | 'status' | 'trans'>): void {
  let told = '';
  status.changed.connect(() => {
    const { server, state } = status.status ?? {};
    if (server && state === 'trouble' && status.enabled) {
      told ||= Notification.warning(troubleAt(server.url, trans), {
        autoClose: false,
        actions: [
          {
            label: trans.__('What Is Wrong'),
            callback: () => {
              setTimeout(() => void app.commands.execute(Commands.panel)); // this click would close it
            }
          }
        ]
      });
    } else if (told) {
      Notification.dismiss(told);
      told = '';
    }
  });
}

/** Short, since JupyterLab cuts a notice off; the panel has the whole. */
function troubleAt(url: string, trans: TranslationBundle): string {
  return trans.__(
    'No suggestions: the model server %1 does not answer as it should. Start it, or check local_url.',
    shortened(url)
  );
}

/** Says once, after some use without a cloud, that one can be added; not where the administrator sets the cloud. */
export function offerCloud(options: INoticeOptions): void {
  const { status } = options;
  const offer = (): void => {
    const { status: now } = status;
    if (localStorage.getItem(OFFERED)) {
      status.changed.disconnect(offer);
    } else if (now && !now.cloud && now.totals.shown >= ENOUGH_SHOWN) {
      status.changed.disconnect(offer);
      void offerNow(options);
    }
  };
  status.changed.connect(offer);
  offer();
}

async function offerNow(options: INoticeOptions): Promise<void> {
  const { app, client, trans } = options;
  const clouds = await client.clouds().catch(() => null);
  if (!clouds?.may_set_up || clouds.cloud) {
    return;
  }
  localStorage.setItem(OFFERED, 'yes');
  Notification.info(
    trans.__(
      'A large model can take over where the local one is unsure. You can add one with your own key, or a server of your own.'
    ),
    {
      autoClose: false,
      actions: [
        {
          label: trans.__('Add a Cloud Model'),
          callback: () => void app.commands.execute(Commands.addCloud)
        },
        { label: trans.__('No, thanks'), callback: () => undefined }
      ]
    }
  );
}
