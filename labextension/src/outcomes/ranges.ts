/**
 * Which characters of a stretch of text still stand there after edits. Pure.
 */

/** Start and end of a text, as JavaScript indices. */
export type Range = readonly [number, number];

/** One edit: so many characters from `from` on became `insert`. */
export interface IEdit {
  from: number;
  removed: string;
  insert: string;
}

/** A step of a delta, as shared texts tell their changes. */
export interface IStep {
  retain?: number;
  delete?: number;
  insert?: string | object;
}

/** The edits of a delta on `before`, each in the text as the ones before it left it. */
export function editsOf(delta: readonly IStep[], before: string): IEdit[] {
  const edits: IEdit[] = [];
  let [old, at] = [0, 0];
  let open: IEdit | null = null;
  for (const step of delta) {
    if (step.retain) {
      open = null;
      old += step.retain;
      at += step.retain;
      continue;
    }
    if (!open) {
      open = { from: at, removed: '', insert: '' };
      edits.push(open);
    }
    if (step.delete) {
      open.removed += before.slice(old, old + step.delete);
      old += step.delete;
    } else if (typeof step.insert === 'string') {
      open.insert += step.insert;
      at += step.insert.length;
    }
  }
  return edits.map(narrowed);
}

/** What is left of `ranges` after an edit; what was put into one parts it. */
export function after(ranges: readonly Range[], edit: IEdit): Range[] {
  const { from, removed, insert } = edit;
  const to = from + removed.length;
  const shift = insert.length - removed.length;
  return ranges
    .flatMap(([start, end]): Range[] => [
      [start, Math.min(end, from)],
      [Math.max(start, to) + shift, end + shift]
    ])
    .filter(([start, end]) => start < end);
}

/** Characters in ranges. */
export function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** A replacement leaves alone what its two texts have in common at their ends. */
function narrowed({ from, removed, insert }: IEdit): IEdit {
  const most = Math.min(removed.length, insert.length);
  let head = 0;
  while (head < most && removed[head] === insert[head]) {
    head++;
  }
  const [oldEnd, newEnd] = [removed.length - 1, insert.length - 1];
  let tail = 0;
  while (
    tail < most - head &&
    removed[oldEnd - tail] === insert[newEnd - tail]
  ) {
    tail++;
  }
  return {
    from: from + head,
    removed: removed.slice(head, removed.length - tail),
    insert: insert.slice(head, insert.length - tail)
  };
}
