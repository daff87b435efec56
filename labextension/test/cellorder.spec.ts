/**
 * The order in which cells ran.
 */

import { describe, expect, it } from 'vitest';
import { Executions } from '../src/completion/cellorder';

describe('Executions', () => {
  const notebook = {};

  it('keeps the last run of each cell, a notebook for itself', () => {
    const executions = new Executions();
    executions.ran(notebook, 'a', 1);
    executions.ran(notebook, 'b', 2);
    executions.ran(notebook, 'a', 3);
    executions.ran({}, 'b', 7);
    expect(executions.orderOf(notebook, 'a')).toBe(3);
    expect(executions.orderOf(notebook, 'b')).toBe(2);
  });

  it('forgets what a kernel before the restart has run', () => {
    const executions = new Executions();
    executions.ran(notebook, 'a', 4);
    executions.ran(notebook, 'b', 1);
    expect(executions.orderOf(notebook, 'a')).toBeNull();
    expect(executions.orderOf(notebook, 'b')).toBe(1);
  });
});
