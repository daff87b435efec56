/**
 * States of a server: the golden ones, and what a test changes of them.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nullTranslator } from '@jupyterlab/translation';
import { cloudsFrom } from '../src/server/clouds';
import type { Clouds } from '../src/server/clouds';
import { statusFrom } from '../src/server/status';
import type { Cloud, Status } from '../src/server/status';
import type { Route } from '../src/server/wire';

export const trans = nullTranslator.load('jupyter_mccom');

/** `tests/wire/NAME.json`. */
export function message(name: string): unknown {
  const file = resolve(__dirname, `../../tests/wire/${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** `tests/wire/status_NAME.json`. */
export function golden(name: string, changes: Partial<Status> = {}): Status {
  return { ...statusFrom(message(`status_${name}`)), ...changes };
}

/** `tests/wire/cloud_NAME.json`, an answer about what is set up. */
export function setUp(name: string, changes: Partial<Clouds> = {}): Clouds {
  return { ...cloudsFrom(message(`cloud_${name}`)), ...changes };
}

/** A server with a cloud. */
export function clouded(
  cloud: Partial<Cloud> = {},
  changes: Partial<Status> = {}
): Status {
  const status = golden('cloud');
  return {
    ...status,
    cloud: status.cloud && { ...status.cloud, ...cloud },
    ...changes
  };
}

export function routeTo(to: Route['to']): Route {
  return { to, reason: 'unsure', confidence: 0.4, chance: null };
}
