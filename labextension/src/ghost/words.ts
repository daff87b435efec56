/**
 * What the next word or line of a text is. Pure: knows nothing of editors or of suggestions.
 */

/** How much is accepted at a time. */
export type Part = 'word' | 'line';

/** Names and numbers; more than one word in scripts that put no spaces between words. */
const NAMES = /^[\p{L}\p{N}\p{M}_\u200c\u200d]+/u;
/** An operator of several signs, or one sign over and over, such as three quotes. */
const SIGNS = /^(?:[-+*/%=<>!&|^~:@.?]+|([!-/:-@[-`{-~])\1+)/;
/** The text up to the end of the line; at a line's end, the next line. */
const LINE = /^\n*[^\n]*/;

/** The next word or line of a text; empty only for an empty text. */
export function partOf(text: string, part: Part): string {
  return (part === 'word' ? wordOf(text) : LINE.exec(text)?.[0]) || text;
}

/** White space, and then a name, a number, an operator or a sign, as far as there is one. */
function wordOf(text: string): string {
  const space = text.length - text.trimStart().length;
  const rest = text.slice(space);
  if (!rest) {
    return text;
  }
  const names = NAMES.exec(rest)?.[0] ?? '';
  const signs = SIGNS.exec(rest)?.[0].length ?? 1;
  const chars = names ? endAt(names, 'word', 0) : signs;
  return text.slice(0, space + endAt(rest, 'grapheme', chars - 1));
}

/** Where the word or visible character ends that stands at an index of the text. */
function endAt(
  text: string,
  granularity: 'word' | 'grapheme',
  index: number
): number {
  const segments = new Intl.Segmenter(undefined, { granularity }).segment(text);
  const found = segments.containing(index);
  return found.index + found.segment.length;
}
