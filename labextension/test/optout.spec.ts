/**
 * Notebooks and cells that opt out: what is read and written in their metadata.
 */

import { describe, expect, it } from 'vitest';
import { markCell, markNotebook, optOutOf } from '../src/completion/optout';
import type { IMarked } from '../src/completion/optout';
import { offHereOf } from '../src/status/why';
import type { IOffHere } from '../src/tokens';
import { trans } from './stati';

class Marked implements IMarked {
  constructor(readonly metadata: Record<string, unknown> = {}) {}
  getMetadata(key: string): unknown {
    return this.metadata[key];
  }
  setMetadata(key: string, value: unknown): void {
    this.metadata[key] = value;
  }
  deleteMetadata(key: string): void {
    Reflect.deleteProperty(this.metadata, key);
  }
}

describe('an opt-out', () => {
  it.each<[string, unknown, unknown]>([
    ['none', undefined, undefined],
    ['none', { completions: true }, ['slow']],
    ['none', { completions: 0 }, 'no-completion'],
    ['none', [false], null],
    ['notebook', { completions: false }, ['no-completion']],
    ['cell', { other: 1 }, ['slow', 'no-completion']]
  ])('is of: %s', (who, mccom, tags) => {
    expect(optOutOf(new Marked({ mccom }), new Marked({ tags }))).toBe(who);
  });

  it('of a notebook leaves other metadata alone', () => {
    const notebook = new Marked({ mccom: { other: 1 }, kernelspec: {} });
    markNotebook(notebook, false);
    expect(notebook.metadata.mccom).toEqual({ other: 1, completions: false });
    markNotebook(notebook, true);
    expect(notebook.metadata).toEqual({ mccom: { other: 1 }, kernelspec: {} });
    const bare = new Marked({ mccom: { completions: false } });
    markNotebook(bare, true);
    expect(bare.metadata).toEqual({});
  });

  it('of a cell leaves other tags alone', () => {
    const cell = new Marked({ tags: ['slow'] });
    markCell(cell, false);
    markCell(cell, false);
    expect(cell.metadata).toEqual({ tags: ['slow', 'no-completion'] });
    markCell(cell, true);
    expect(cell.metadata).toEqual({ tags: ['slow'] });
    const bare = new Marked({ tags: ['no-completion'] });
    markCell(bare, true);
    expect(bare.metadata).toEqual({});
  });
});

describe('why nothing comes here', () => {
  it.each<[IOffHere['why'], boolean, RegExp]>([
    ['notebook', false, /opts out.*“Complete in This Notebook, for Everyone”/],
    ['cell', false, /no-completion.*“Complete in This Cell, for Everyone”/],
    ['path', false, /document or folder.*“Complete in This Folder”/],
    ['language', false, /this language.*“Complete r”/],
    ['notebook', true, /Only the administrator/]
  ])('%s, binding: %s', (why, binds, words) => {
    expect(offHereOf({ why, binds, language: 'r' }, trans)).toMatch(words);
  });
});
