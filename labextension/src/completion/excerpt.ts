/**
 * How much of a text and of a notebook is sent, and where it is cut. Pure; indices are JavaScript's.
 */

import type { Cell, CompleteRequest } from '../server/wire';

const BODY_BYTES = 240 * 1024;
const PREFIX_CHARS = 32000;
const PREFIX_GRID_CHARS = 8000;
const SUFFIX_CHARS = 8000;
const BEFORE_CHARS = 48000;
const AFTER_CHARS = 8000;

/** What is known of a place in a document apart from why it is asked about. */
export type Position = Omit<
  CompleteRequest,
  'trigger' | 'multiline' | 'last' | 'deadline_s'
>;

/** Text before and after an index. Far text is cut at a line start that typing rarely moves. */
export function around(
  text: string,
  index: number
): { prefix: string; suffix: string } {
  let from = 0;
  if (index > PREFIX_CHARS) {
    const grid =
      Math.ceil((index - PREFIX_CHARS) / PREFIX_GRID_CHARS) * PREFIX_GRID_CHARS;
    const line = text.indexOf('\n', grid);
    from = line >= 0 && line < index ? line + 1 : wholeCharacter(text, grid);
  }
  const suffix = firstOf(text.slice(index), SUFFIX_CHARS);
  return { prefix: text.slice(from, index), suffix };
}

/**
 * The cells around one, nearest kept first within the bounds, in document order. Of a very long one the part that is
 * nearer: it hides no other.
 */
export function nearest(
  count: number,
  index: number,
  cell: (i: number) => Cell
): Pick<Position, 'cells_before' | 'cells_after' | 'n_cells_above'> {
  const take = (
    indices: number[],
    bound: number,
    cut: (source: string, most: number) => string
  ): Cell[] => {
    const taken: Cell[] = [];
    let chars = 0;
    for (const i of indices) {
      const found = cell(i);
      const next = { ...found, source: cut(found.source, bound / 2) };
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
  const cells_before = take(before, BEFORE_CHARS, lastOf).reverse();
  return {
    cells_before,
    n_cells_above: index - cells_before.length,
    cells_after: take(after, AFTER_CHARS, firstOf)
  };
}

/** The last whole lines of a text: half a line may be half a secret that nothing names any more. */
function lastOf(source: string, most: number): string {
  const from = Math.max(0, source.length - most);
  const line = from && source.indexOf('\n', from - 1) + 1;
  const isCut = line > 0 && line < source.length;
  return source.slice(isCut ? line : wholeCharacter(source, from));
}

/** The first whole lines of a text, for the same reason. */
function firstOf(source: string, most: number): string {
  if (source.length <= most) {
    return source;
  }
  const line = source.lastIndexOf('\n', most - 1) + 1;
  return source.slice(0, line || wholeCharacter(source, most));
}

/** The position with far cells left out until its JSON fits the server's limit. */
export function fitted(position: Position): Position {
  let { cells_before, cells_after } = position;
  const bytes = (): number =>
    new TextEncoder().encode(
      JSON.stringify({ ...position, cells_before, cells_after })
    ).length;
  while (cells_before.length + cells_after.length > 0 && bytes() > BODY_BYTES) {
    cells_before = cells_before.slice(Math.ceil(cells_before.length / 2));
    cells_after = cells_after.slice(0, Math.floor(cells_after.length / 2));
  }
  const n_cells_above =
    (position.n_cells_above ?? 0) +
    position.cells_before.length -
    cells_before.length;
  return { ...position, cells_before, cells_after, n_cells_above };
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

/** The language of a notebook from its `language_info` and `kernelspec` metadata; Python where they say nothing. */
export function languageOfMetadata(
  languageInfo: unknown,
  kernelspec: unknown
): string {
  const name =
    stringAt(languageInfo, 'name') || stringAt(kernelspec, 'language');
  return name.toLowerCase() || 'python';
}

/** Files that are no code. */
export function isProse(mimeType: string): boolean {
  return ['plain', 'markdown', 'gfm', 'ipythongfm'].includes(
    languageOf(mimeType)
  );
}

function stringAt(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null || !(name in value)) {
    return '';
  }
  const found: unknown = Object.entries(value).find(
    ([key]) => key === name
  )?.[1];
  return typeof found === 'string' ? found : '';
}

function wholeCharacter(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index + 1 : index;
}
