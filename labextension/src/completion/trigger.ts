/**
 * When a suggestion may be asked for: what the person has set, and what they have sent away. Pure.
 */

import type { Edit } from '../ghost/edits';
import type { OptOut } from '../server/wire';
import type { ISettings } from '../settings/settings';
import type { Off } from '../tokens';
import { whereAt } from './lexical';

/** Where and why something would be asked. */
export interface ISituation {
  /** Path from the root of the file browser. */
  document: string;
  cell_id: string;
  language: string;
  /** Text of the cell or file before the cursor. */
  before: string;
  opt_out?: OptOut;
  /** The person asked by hand. */
  invoked: boolean;
  /** How the newest edit of this text came about. */
  edit: Edit;
  /** The cell holds nothing, and the cursor has not rested there: whoever empties a cell is not asking. */
  emptied: boolean;
}

/** Why nothing is asked. */
export type Silence =
  | Off
  | 'manual'
  | 'remote'
  | 'changed'
  | 'emptied'
  | 'quiet'
  | 'comment'
  | 'string';

const LINES_KEPT = 200;

/** How often suggestions were sent away, by line. A document has one. */
export class Dismissals {
  /** A suggestion at this place was sent away. */
  note(place: Line): void {
    const line = nameOf(place);
    this._counts.set(line, this.count(place) + 1);
    for (const oldest of this._counts.keys()) {
      if (this._counts.size <= LINES_KEPT) {
        break;
      }
      this._counts.delete(oldest);
    }
  }

  /** How often, since it was last asked for by hand. */
  count(place: Line): number {
    return this._counts.get(nameOf(place)) ?? 0;
  }

  /** The person asked by hand: suggestions may be shown on this line again. */
  forgive(place: Line): void {
    this._counts.delete(nameOf(place));
  }

  private readonly _counts = new Map<string, number>();
}

/** A line of a cell or file: the one in which `before` ends. */
export type Line = Pick<ISituation, 'cell_id' | 'before'>;

/** Why nothing may be asked here; null: it may. Asking by hand overrides all but what is switched off. */
export function silence(
  situation: ISituation,
  settings: ISettings,
  dismissals: Dismissals
): Silence | null {
  const { language, before, invoked, edit, emptied } = situation;
  const off = offAt(situation, settings);
  if (off) {
    return off;
  }
  if (invoked) {
    return null;
  }
  if (settings.trigger_mode === 'manual') {
    return 'manual';
  }
  if (edit !== 'typed') {
    return edit;
  }
  if (emptied) {
    return 'emptied';
  }
  const limit = settings.quiet_after_dismissals;
  if (limit > 0 && dismissals.count(situation) >= limit) {
    return 'quiet';
  }
  const where =
    settings.in_comments && settings.in_strings
      ? 'code'
      : whereAt(language, before);
  if (where === 'comment') {
    return settings.in_comments ? null : where;
  }
  return where === 'string' && !settings.in_strings ? where : null;
}

/** A cell of a notebook or console (`cellId` is empty in a file) that holds only white space. */
export function isEmptyCell(cellId: string, text: string): boolean {
  return cellId !== '' && text.trim() === '';
}

/** Why nothing is asked in a document, whoever asks; null: it may be. */
export function offAt(
  place: Pick<ISituation, 'document' | 'language' | 'opt_out'>,
  settings: Pick<ISettings, 'paths_off' | 'languages_off'>
): Off | null {
  const { document, language, opt_out } = place;
  if (isOff(document, settings.paths_off)) {
    return 'path';
  }
  if (settings.languages_off.includes(language)) {
    return 'language';
  }
  return opt_out === 'notebook' || opt_out === 'cell' ? opt_out : null;
}

/** True when a path or a folder above it is listed. */
export function isOff(document: string, paths: readonly string[]): boolean {
  return paths.map(trimmed).some(path => {
    return path === '' || document === path || document.startsWith(`${path}/`);
  });
}

/** True when a folder above a path is listed, so that listing the path itself changes nothing. */
export function isOffAbove(path: string, paths: readonly string[]): boolean {
  return isOff(
    path,
    paths.filter(each => trimmed(each) !== trimmed(path))
  );
}

/** The list with a path put in, or taken out with all that stands for it. */
export function switched(
  list: readonly string[],
  name: string,
  off: boolean
): string[] {
  const others = list.filter(item => trimmed(item) !== trimmed(name));
  return off ? [...others, name] : others;
}

/** `/a/b/` and `a/b` are the same. */
function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function nameOf({ cell_id, before }: Line): string {
  return JSON.stringify([cell_id, before.split('\n').length]);
}
