/**
 * The next part of a suggestion that can be accepted by itself. Pure.
 */

/** White space, then a name or number, or a run of other signs. */
const WORD = /^\s*(?:[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+)/u;
/** To the end of the line; at a line's end, the next line. */
const LINE = /^\n*[^\n]*/;

/** How much is accepted at a time. */
export type Part = 'word' | 'line';

/** Never empty for a text that is not. */
export function partOf(text: string, part: Part): string {
  const found = (part === 'word' ? WORD : LINE).exec(text);
  return found?.[0] || text;
}
