/**
 * Bytes cut anywhere give the same values.
 */

import { describe, expect, it } from 'vitest';
import { ndjson } from '../src/server/client';

const VALUES = [{ text: 'é😀\n漢' }, { text: '' }, [1, null]];
const BYTES = new TextEncoder().encode(
  VALUES.map(value => JSON.stringify(value)).join('\n') + '\n'
);

async function read(chunks: Uint8Array[]): Promise<unknown[]> {
  const left = [...chunks];
  const reader = {
    read: () =>
      Promise.resolve({ done: left.length === 0, value: left.shift() })
  };
  const values: unknown[] = [];
  for await (const value of ndjson(reader)) {
    values.push(value);
  }
  return values;
}

describe('ndjson', () => {
  it.each(Array.from(BYTES.keys()))('cut at byte %i', async at => {
    expect(await read([BYTES.slice(0, at), BYTES.slice(at)])).toEqual(VALUES);
  });

  it('one byte a chunk', async () => {
    expect(await read(Array.from(BYTES, byte => Uint8Array.of(byte)))).toEqual(
      VALUES
    );
  });

  it('a last line without its newline', async () => {
    expect(await read([BYTES.slice(0, -1)])).toEqual(VALUES);
  });

  it('nothing', async () => {
    expect(await read([])).toEqual([]);
  });
});
