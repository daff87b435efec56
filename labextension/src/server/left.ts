/**
 * What the server tells of the requests that left its machine. Guards as in `wire.ts`.
 */

import { list, number, object, text } from './guards';

/** One request that left the server's machine. */
export interface Left {
  /** `cloud`, `local_url`, `hub` or `package index`. */
  kind: string;
  /** Unix time in seconds. */
  at_s: number;
  address: string;
  /** As it was sent, with placeholders for secrets; empty for a question without one. */
  body: string;
}

/** Turns a parsed answer into what left, oldest first. Throws TypeError when it is none. */
export function leftFrom(value: unknown): Left[] {
  return list(object(value, 'left'), 'left').map(one => {
    const body = object(one, 'request');
    return {
      kind: text(body, 'kind'),
      at_s: number(body, 'at_s'),
      address: text(body, 'address'),
      body: text(body, 'body')
    };
  });
}
