/**
 * What is said once in a browser.
 */

import type { CommandRegistry } from '@lumino/commands';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { offerCloud, tellWhatLeaves } from '../src/commands/notices';
import type { Clouds } from '../src/server/clouds';
import type { Status } from '../src/server/status';
import { StatusModel } from '../src/status/model';
import { Commands } from '../src/tokens';
import type { IClient } from '../src/tokens';
import { clouded, golden, setUp, trans } from './stati';

interface Action {
  label: string;
  callback: () => void;
}
const said: { text: string; actions: Action[] }[] = [];
const dialogs: { title: string; body: string }[] = [];
vi.mock('@jupyterlab/apputils', () => ({
  Dialog: { okButton: () => null },
  showDialog: (dialog: { title: string; body: string }) =>
    Promise.resolve(dialogs.push(dialog)),
  Notification: {
    info: (text: string, { actions }: { actions: Action[] }) =>
      said.push({ text, actions })
  }
}));

/** A page that was shown so many texts. */
function opened(
  shown: number,
  { clouds = setUp('none'), status = golden('ready') } = {}
): string[] {
  const executed: string[] = [];
  const client = {
    status: () => Promise.resolve<Status>({ ...status, totals: { shown } }),
    clouds: () => Promise.resolve<Clouds>(clouds)
  };
  offerCloud({
    app: {
      commands: {
        execute: (name: string) => Promise.resolve(executed.push(name))
      } as unknown as CommandRegistry
    },
    client,
    status: new StatusModel(client as unknown as IClient),
    trans
  });
  return executed;
}

async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 50));
}

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value)
  });
  said.length = 0;
});

afterEach(() => vi.unstubAllGlobals());

describe('what leaves the machine', () => {
  it('is said once, in one short sentence with a button that opens the whole', async () => {
    const status = clouded({ model: 'a/very/long/'.repeat(9) });
    const tell = (): void => {
      const client = { status: () => Promise.resolve(status) };
      tellWhatLeaves({
        status: new StatusModel(client as unknown as IClient),
        trans
      });
    };
    tell();
    await vi.waitFor(() => expect(said).toHaveLength(1));
    const [{ text, actions }] = said;
    expect(text.length).toBeLessThan(140); // JupyterLab cuts off what is longer
    actions[0].callback();
    expect(dialogs[0].title).toContain(status.cloud!.model);
    expect(dialogs[0].body).toContain(status.cloud!.url);
    expect(dialogs[0].body).toContain('Secrets are masked');
    tell();
    await settled();
    expect(said).toHaveLength(1);
  });
});

describe('that a cloud can be added', () => {
  it('is said once, after some use, and leads to the form', async () => {
    const executed = opened(20);
    await vi.waitFor(() => expect(said).toHaveLength(1));
    const [{ actions }] = said;
    expect(actions.map(({ label }) => label)).toEqual([
      'Add a Cloud Model',
      'No, thanks'
    ]);
    actions[0].callback();
    expect(executed).toEqual([Commands.addCloud]);
    opened(500);
    await settled();
    expect(said).toHaveLength(1);
  });

  it.each([
    ['before that', 19, {}],
    ['beside a cloud', 50, { status: clouded() }],
    ['where it may not be added', 50, { clouds: setUp('locked') }]
  ])('is not said %s', async (_, shown, page) => {
    opened(shown, page);
    await settled();
    expect(said).toEqual([]);
  });
});
