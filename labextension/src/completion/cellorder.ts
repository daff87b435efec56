/**
 * In which order a notebook's live kernel ran its cells, as far as this page saw it. Knows nothing of what is sent.
 */

/** Orders by notebook widget and cell id. */
export class CellOrder {
  /** A cell has run; `count` is the kernel's. A count that does not grow is a new kernel's: what went before is gone. */
  ran(notebook: object, cellId: string, count: number): void {
    const known = this._counts.get(notebook) ?? new Map<string, number>();
    if (Math.max(0, ...known.values()) >= count) {
      known.clear();
    }
    known.set(cellId, count);
    this._counts.set(notebook, known);
  }

  /** Larger is later; null for a cell that this kernel has not run. */
  orderOf(notebook: object, cellId: string): number | null {
    return this._counts.get(notebook)?.get(cellId) ?? null;
  }

  private readonly _counts = new WeakMap<object, Map<string, number>>();
}
