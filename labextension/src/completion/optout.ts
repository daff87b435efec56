/**
 * Documents that opt out of completion: a notebook by its metadata, a cell by a tag. What is set is saved in the
 * notebook, so it holds for everyone who opens it. The server (`jupyter_mccom/server/opt_out.py`) knows both, too.
 */

import type { OptOut } from '../server/wire';

/** A notebook's metadata of this name is `{"completions": false}` where the notebook opts out. */
const OWN = 'mccom';
/** A cell with this tag opts out. */
const TAG = 'no-completion';
const TAGS = 'tags';

/** The part of a notebook's or cell's model that is needed. */
export interface IMarked {
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: unknown): void;
  deleteMetadata(key: string): void;
}

/** Who opts out where the cursor is; null: there is no such notebook, or no such cell. */
export function optOutOf(
  notebook: IMarked | null,
  cell: IMarked | null
): OptOut {
  if (ownOf(notebook).completions === false) {
    return 'notebook';
  }
  return tagsOf(cell).includes(TAG) ? 'cell' : 'none';
}

/** Says in a notebook whether it is completed. Other metadata stays as it is. */
export function markNotebook(notebook: IMarked, completes: boolean): void {
  const others = { ...ownOf(notebook) };
  delete others.completions;
  put(
    notebook,
    OWN,
    completes ? others : { ...others, completions: false },
    completes && !Object.keys(others).length
  );
}

/** Says in a cell whether it is completed. Other tags stay as they are. */
export function markCell(cell: IMarked, completes: boolean): void {
  const others = tagsOf(cell).filter(tag => tag !== TAG);
  const tags = completes ? others : [...others, TAG];
  put(cell, TAGS, tags, !tags.length);
}

function put(
  model: IMarked,
  key: string,
  value: unknown,
  isEmpty: boolean
): void {
  if (isEmpty) {
    model.deleteMetadata(key);
  } else {
    model.setMetadata(key, value);
  }
}

function ownOf(notebook: IMarked | null): Record<string, unknown> {
  const own = notebook?.getMetadata(OWN);
  const isObject = typeof own === 'object' && own && !Array.isArray(own);
  return isObject ? (own as Record<string, unknown>) : {};
}

function tagsOf(cell: IMarked | null): unknown[] {
  const tags = cell?.getMetadata(TAGS);
  return Array.isArray(tags) ? tags : [];
}
