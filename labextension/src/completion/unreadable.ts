/**
 * Texts in which nothing is completed because no person wrote them so: very long ones, and minified ones. Pure.
 */

import type { Unreadable } from '../tokens';

/** A cell or file beyond this is data. */
const MOST_CHARS = 1_000_000;
/** A text of this many characters is judged by its lines. */
const LEAST_CHARS = 2_000;
const MEAN_CHARS = 200;
/** A line beyond this is no literal that a person wrote among other lines. */
const LONGEST_CHARS = 10_000;

/** Why nothing is completed in a text; null: something may be. One long literal among short lines is no reason. */
export function unreadable(text: string): Unreadable | null {
  if (text.length > MOST_CHARS) {
    return 'large';
  }
  if (text.length < LEAST_CHARS) {
    return null;
  }
  let lines = 0;
  let longest = 0;
  for (let from = 0; from <= text.length; lines++) {
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found;
    longest = Math.max(longest, end - from);
    from = end + 1;
  }
  const others = (text.length - longest) / Math.max(lines - 1, 1);
  const isLong = text.length / lines > MEAN_CHARS;
  return isLong && (others > MEAN_CHARS || longest > LONGEST_CHARS)
    ? 'minified'
    : null;
}
