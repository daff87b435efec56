/**
 * What the server is told of the person's settings, and what is not.
 */

import { describe, expect, it } from 'vitest';
import type { Json } from '../src/server/guards';
import type { ServerSettings } from '../src/server/traces';
import { Sync } from '../src/settings/sync';
import { stored } from './stored';

interface IServer {
  sync: Sync;
  sent: Json[];
  refused: string[];
}

/** A server that takes everything, or refuses everything with a reason. */
async function serverOf(
  settings: Json,
  locked: string[] = [],
  refusal = ''
): Promise<IServer> {
  let now: ServerSettings = { settings, locked };
  const sent: Json[] = [];
  const refused: string[] = [];
  const sync = new Sync({
    client: {
      settings: () => Promise.resolve(now),
      change: values => {
        sent.push(values);
        now = { settings: { ...now.settings, ...values }, locked };
        return refusal
          ? Promise.reject(new Error(refusal))
          : Promise.resolve(now);
      }
    },
    changed: () => undefined,
    refused: reason => refused.push(reason)
  });
  await sync.ask();
  return { sync, sent, refused };
}

async function settled(sync: Sync): Promise<void> {
  await sync.follow(stored({}));
}

describe('a sync', () => {
  it('sends at the start what differs, and nothing that is fixed or unknown', async () => {
    const { sync, sent } = await serverOf(
      { enabled: true, threads: 0, languages_off: [], model: 'a' },
      ['model']
    );
    await sync.follow(
      stored({
        enabled: true,
        threads: 2,
        languages_off: ['r'],
        model: 'b',
        other: 1
      })
    );
    expect(sent).toEqual([{ threads: 2, languages_off: ['r'] }]);
    expect([sync.isLocked('model'), sync.isLocked('threads')]).toEqual([
      true,
      false
    ]);
  });

  it('switches nothing on at the start, and sends no default', async () => {
    const { sync, sent } = await serverOf({
      enabled: true,
      use_cloud: false,
      model: 'b'
    });
    const store = stored({ enabled: false, use_cloud: true }, { model: 'a' });
    await sync.follow(store);
    expect(sent).toEqual([{ enabled: false }]);
    store.change({ enabled: false, use_cloud: false });
    store.change({ enabled: false, use_cloud: true });
    await settled(sync);
    expect(sent.slice(1)).toEqual([{ use_cloud: true }]);
  });

  it('sends what is changed later, and only that', async () => {
    const { sync, sent } = await serverOf({ enabled: true, threads: 0 });
    const store = stored({ enabled: true, threads: 0 });
    await sync.follow(store);
    sync.server!.settings['enabled'] = false; // by %mccom off, in the kernel
    store.change({ enabled: true, threads: 1 });
    await settled(sync);
    expect(sent).toEqual([{ threads: 1 }]);
  });

  it('says one after another', async () => {
    const { sync, sent } = await serverOf({ threads: 0 });
    const store = stored({ threads: 0 });
    await sync.follow(store);
    [1, 2, 0].forEach(threads => {
      store.change({ threads });
    });
    await settled(sync);
    expect(sent).toEqual([{ threads: 1 }, { threads: 2 }, { threads: 0 }]);
  });

  it('puts a chosen value in force once, whatever was known, and stores it', async () => {
    const { sync, sent } = await serverOf({ enabled: true });
    const store = stored({ enabled: false });
    await sync.follow(store);
    await sync.choose('enabled', true);
    await sync.choose('enabled', true);
    await settled(sync);
    expect(sent).toEqual([
      { enabled: false },
      { enabled: true },
      { enabled: true }
    ]);
    expect(store.composite).toEqual({ enabled: true });
  });

  it('stores nothing that the server refuses, and says why', async () => {
    const { sync, refused } = await serverOf(
      { enabled: true },
      [],
      'ask for MCCom.enabled'
    );
    const store = stored({ enabled: true });
    await sync.follow(store);
    await sync.choose('enabled', false);
    expect(store.composite).toEqual({ enabled: true });
    expect(refused).toEqual(['ask for MCCom.enabled']);
  });

  it('stores all the same where no server answers', async () => {
    const { sync, sent } = await serverOf({});
    const away = new Sync({
      client: {
        settings: () => Promise.reject(new Error('away')),
        change: () => Promise.reject(new Error('away'))
      },
      changed: () => undefined,
      refused: () => undefined
    });
    expect(await away.ask()).toBeNull();
    const store = stored({ enabled: true });
    await away.follow(store);
    await away.choose('enabled', false);
    expect(store.composite).toEqual({ enabled: false });
    expect([sent, sync.isLocked('enabled')]).toEqual([[], false]);
  });
});
