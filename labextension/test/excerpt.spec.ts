/**
 * How much is sent, and where it is cut.
 */

import { Text } from '@jupyterlab/coreutils';
import { describe, expect, it } from 'vitest';
import {
  around,
  fitted,
  isProse,
  languageOf,
  languageOfMetadata,
  nearest
} from '../src/completion/excerpt';
import type { Position } from '../src/completion/excerpt';
import type { Cell } from '../src/server/wire';

const cellOf =
  (sources: string[]) =>
  (i: number): Cell => ({
    cell_id: `c${i}`,
    kind: 'code',
    source: sources[i],
    ran: null
  });

describe('around', () => {
  it('splits at the cursor that core gives in code points', () => {
    const text = 's = "😀😀"\nprint(s)';
    const index = Text.charIndexToJsIndex(8, text);
    expect(around(text, index)).toEqual({
      prefix: 's = "😀😀"',
      suffix: '\nprint(s)'
    });
  });

  it('cuts a long text at a line start that most keys do not move', () => {
    const text = 'value = 1\n'.repeat(8000);
    const cuts = new Set<number>();
    for (let index = 50_000; index < 54_000; index++) {
      const { prefix, suffix } = around(text, index);
      expect(prefix.length).toBeLessThanOrEqual(32_000);
      expect(prefix.length).toBeGreaterThan(23_000);
      expect(prefix.startsWith('value')).toBe(true);
      expect(suffix.length).toBeLessThanOrEqual(8001);
      cuts.add(index - prefix.length);
    }
    expect(cuts.size).toBeLessThanOrEqual(2);
  });

  it('cuts the text below at a line end', () => {
    const text = 'value = 1\n'.repeat(2000);
    const { suffix } = around(text, 7);
    expect(suffix.startsWith(' 1\n')).toBe(true);
    expect(suffix).toHaveLength(7993);
    expect(around(text, 19_990).suffix).toBe('value = 1\n');
  });

  it('never cuts inside a character', () => {
    const text = 'a' + '😀'.repeat(40_000);
    const { prefix, suffix } = around(text, 60_001);
    for (const part of [prefix, suffix]) {
      expect(new TextDecoder().decode(new TextEncoder().encode(part))).toBe(
        part
      );
    }
  });
});

describe('nearest', () => {
  it('keeps document order, and the nearest within the bounds', () => {
    const sources = ['a'.repeat(40_000), 'b'.repeat(30_000), 'c', 'd', 'e'];
    const { cells_before, cells_after, n_cells_above } = nearest(
      5,
      3,
      cellOf(sources)
    );
    expect(n_cells_above).toBe(1);
    expect(cells_before.map(cell => cell.cell_id)).toEqual(['c1', 'c2']);
    expect(cells_after.map(cell => cell.cell_id)).toEqual(['c4']);
  });

  it('cuts a very long cell to the part that is nearer, so that it hides no other', () => {
    const long = 'x = 1\n'.repeat(20_000) + 'y = 2';
    const { cells_before, cells_after } = nearest(
      5,
      2,
      cellOf(['a', long, 'c', long, 'e'])
    );
    expect(cells_before.map(cell => cell.cell_id)).toEqual(['c0', 'c1']);
    expect(cells_before[1].source.endsWith('\ny = 2')).toBe(true);
    expect(cells_before[1].source).toHaveLength(23_999);
    expect(cells_before[1].source.startsWith('x = 1\n')).toBe(true);
    expect(cells_after.map(cell => cell.cell_id)).toEqual(['c3', 'c4']);
    expect(cells_after[0].source).toBe(long.slice(0, 3996));
  });

  it('reads no cell that is too far to be sent', () => {
    const seen: number[] = [];
    nearest(10_000, 9_999, i => {
      seen.push(i);
      return {
        cell_id: `c${i}`,
        kind: 'code',
        source: 'x'.repeat(1000),
        ran: null
      };
    });
    expect(seen.length).toBe(49);
  });
});

describe('fitted', () => {
  it('drops far cells until the body is below the limit', () => {
    const cells = Array.from({ length: 12 }, (_, i) => cellOf([])(i)).map(
      cell => ({ ...cell, source: '\u0001'.repeat(4000) })
    );
    const position: Position = {
      client_id: 'w',
      request_id: 'r',
      document: 'd',
      cell_id: 'c',
      language: 'python',
      prefix: '漢'.repeat(32_000),
      suffix: '',
      cells_before: cells,
      cells_after: cells.slice(0, 2)
    };
    const fit = fitted(position);
    expect(Buffer.byteLength(JSON.stringify(fit))).toBeLessThan(240 * 1024);
    expect(fit.cells_before.length).toBeGreaterThan(0);
    expect(fit.cells_before.at(-1)).toEqual(cells.at(-1));
  });
});

describe('languages', () => {
  it.each([
    ['text/x-ipython', 'python'],
    ['text/x-python', 'python'],
    ['text/x-rsrc', 'r'],
    ['text/x-julia', 'julia'],
    ['', '']
  ])('%s is %s', (mimeType, language) => {
    expect(languageOf(mimeType)).toBe(language);
  });

  it('of a notebook: the kernel, then its specification, then Python', () => {
    const r = { name: 'R' };
    expect(languageOfMetadata(r, { language: 'julia' })).toBe('r');
    expect(languageOfMetadata(undefined, { language: 'julia' })).toBe('julia');
    expect(languageOfMetadata({ name: 3 }, null)).toBe('python');
  });

  it('prose is not asked about', () => {
    expect(isProse('text/markdown')).toBe(true);
    expect(isProse('text/plain')).toBe(true);
    expect(isProse('text/x-python')).toBe(false);
  });
});
