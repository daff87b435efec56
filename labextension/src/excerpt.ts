/**
 * How much of a text and of a notebook is sent, and where it is cut. Pure.
 * Offsets from JupyterLab count code points; the strings here are cut at JavaScript indices.
 */

import { Text } from '@jupyterlab/coreutils';
import type { Cell } from './wire';

const PREFIX_CHARS = 32000;
const PREFIX_GRID_CHARS = 8000;
const SUFFIX_CHARS = 8000;
const BEFORE_CHARS = 48000;
const AFTER_CHARS = 8000;

/** Text before and after an offset that counts code points. Far text is cut at a line start that typing rarely moves. */
export function around(
  text: string,
  offset: number
): { prefix: string; suffix: string } {
  const index = Text.charIndexToJsIndex(offset, text);
  let from = 0;
  if (index > PREFIX_CHARS) {
    const grid =
      Math.ceil((index - PREFIX_CHARS) / PREFIX_GRID_CHARS) * PREFIX_GRID_CHARS;
    const line = text.indexOf('\n', grid);
    from = line >= 0 && line < index ? line + 1 : wholeCharacter(text, grid);
  }
  const end = wholeCharacter(text, Math.min(text.length, index + SUFFIX_CHARS));
  return { prefix: text.slice(from, index), suffix: text.slice(index, end) };
}

/** The cells around one, nearest kept first within the bounds, in document order. */
export function nearest(
  count: number,
  index: number,
  cell: (i: number) => Cell
): { cells_before: Cell[]; cells_after: Cell[] } {
  const take = (indices: number[], bound: number): Cell[] => {
    const taken: Cell[] = [];
    let chars = 0;
    for (const i of indices) {
      const next = cell(i);
      chars += next.source.length;
      if (chars > bound) {
        break;
      }
      taken.push(next);
    }
    return taken;
  };
  const before = Array.from({ length: index }, (_, i) => index - 1 - i);
  const after = Array.from(
    { length: count - index - 1 },
    (_, i) => index + 1 + i
  );
  return {
    cells_before: take(before, BEFORE_CHARS).reverse(),
    cells_after: take(after, AFTER_CHARS)
  };
}

/** The language's name from a mime type: `text/x-ipython` → `python`. */
export function languageOf(mimeType: string): string {
  const name =
    mimeType.toLowerCase().split('/').pop()?.replace(/^x-/, '') ?? '';
  const known: { [name: string]: string } = {
    ipython: 'python',
    'script.python': 'python',
    rsrc: 'r',
    'r-source': 'r',
    csrc: 'c',
    sh: 'bash'
  };
  return known[name] ?? name;
}

function wholeCharacter(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index + 1 : index;
}
