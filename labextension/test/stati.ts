/**
 * States of a server: the golden ones, and what a test changes of them.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nullTranslator } from '@jupyterlab/translation';
import { statusFrom } from '../src/server/status';
import type { Cloud, Status } from '../src/server/status';
import type { Route } from '../src/server/wire';

export const trans = nullTranslator.load('jupyter_mccom');

/** `tests/wire/status_NAME.json`. */
export function golden(name: string, changes: Partial<Status> = {}): Status {
  const file = resolve(__dirname, `../../tests/wire/status_${name}.json`);
  const status = statusFrom(JSON.parse(readFileSync(file, 'utf8')));
  return { ...status, ...changes };
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
