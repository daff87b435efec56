/**
 * Tells the server what the person has set: at the start what is stored and differs, then each change. What the
 * administrator has fixed is never sent. A page that is opened switches nothing on: it may have been switched off
 * elsewhere meanwhile (`%mccom cloud off`).
 */

import { JSONExt } from '@lumino/coreutils';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { Json } from '../server/guards';
import type { ServerSettings } from '../server/traces';
import type { IClient } from '../tokens';
import type { Stored } from './settings';

const SWITCHES = ['enabled', 'use_cloud'];

/** Sends changes to the server. A page has one. */
export class Sync {
  constructor(private readonly _options: ISyncOptions) {}

  /** The server's settings as it told them last; null before. */
  get server(): ServerSettings | null {
    return this._server;
  }

  /** The administrator of the server has fixed this one. */
  isLocked(name: string): boolean {
    return this._server?.locked.includes(name) === true;
  }

  /** Asks the server for its settings; without an answer nothing is sent later. Never rejects. */
  async ask(): Promise<ServerSettings | null> {
    try {
      this._server = await this._options.client.settings();
    } catch (error) {
      console.warn('jupyter-mccom: the server tells no settings', error);
    }
    return this._server;
  }

  /** Sends stored settings to the server from now on. Resolves when it has all that there are now. */
  async follow(stored: Stored): Promise<void> {
    this._stored = stored;
    stored.changed.connect(() => void this._send(this._changes(stored)));
    this._seen = stored.composite;
    await this._send(
      Object.fromEntries(
        Object.entries(stored.user).filter(
          ([name, value]) => !(SWITCHES.includes(name) && value === true)
        )
      )
    );
  }

  /** Puts a value in force, then stores it; a value that the server refuses is not stored. */
  async choose(name: string, value: string | number | boolean): Promise<void> {
    if (await this._send({ [name]: value }, true)) {
      await this._stored?.set(name, value);
    }
  }

  /** The settings that were stored since the last look. */
  private _changes({ composite }: Stored): Json {
    const before = this._seen;
    this._seen = composite;
    return Object.fromEntries(
      Object.entries(composite).filter(
        ([name, value]) => !same(value, before[name])
      )
    );
  }

  /** One after another, so that the last one said is the one that holds. False when the server refused. */
  private _send(values: Json, always = false): Promise<boolean> {
    const sent = this._last.then(() => this._sent(values, always));
    this._last = sent;
    return sent;
  }

  private async _sent(values: Json, always: boolean): Promise<boolean> {
    const server = this._server;
    if (!server) {
      return true;
    }
    const wanted = Object.entries(values).filter(
      ([name, value]) =>
        name in server.settings &&
        !server.locked.includes(name) &&
        (always || !same(value, server.settings[name]))
    );
    if (!wanted.length) {
      return true;
    }
    try {
      this._server = await this._options.client.change(
        Object.fromEntries(wanted)
      );
      this._options.changed();
      return true;
    } catch (error) {
      this._options.refused(error instanceof Error ? error.message : '');
      return false;
    }
  }

  private _server: ServerSettings | null = null;
  private _stored: Stored | null = null;
  private _seen: Json = {};
  private _last: Promise<unknown> = Promise.resolve();
}

/** What a Sync needs. */
export interface ISyncOptions {
  client: Pick<IClient, 'settings' | 'change'>;
  /** The server has taken values. */
  changed(): void;
  /** The server has refused values, for this reason. */
  refused(reason: string): void;
}

function same(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual(
    (one ?? null) as ReadonlyPartialJSONValue,
    (other ?? null) as ReadonlyPartialJSONValue
  );
}
