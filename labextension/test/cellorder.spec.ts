/**
 * The order in which cells ran.
 */

import { describe, expect, it } from 'vitest';
import { CellOrder } from '../src/completion/cellorder';

describe('CellOrder', () => {
  const notebook = {};

  it('keeps the last run of each cell, a notebook for itself', () => {
    const cellOrder = new CellOrder();
    cellOrder.ran(notebook, 'a', 1);
    cellOrder.ran(notebook, 'b', 2);
    cellOrder.ran(notebook, 'a', 3);
    cellOrder.ran({}, 'b', 7);
    expect(cellOrder.orderOf(notebook, 'a')).toBe(3);
    expect(cellOrder.orderOf(notebook, 'b')).toBe(2);
  });

  it('forgets what a kernel before the restart has run', () => {
    const cellOrder = new CellOrder();
    cellOrder.ran(notebook, 'a', 4);
    cellOrder.ran(notebook, 'b', 1);
    expect(cellOrder.orderOf(notebook, 'a')).toBeNull();
    expect(cellOrder.orderOf(notebook, 'b')).toBe(1);
  });
});
