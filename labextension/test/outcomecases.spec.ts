/**
 * The case file that the replay's front end in Python reads too: how a suggestion ended → the outcome.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ending } from '../src/outcomes/outcomes';
import { Outcomes } from '../src/outcomes/outcomes';
import type { Outcome } from '../src/server/wire';

interface ICase {
  total_chars: number;
  painted: boolean;
  partly_chars: number;
  kept_chars: number;
  shown_ms: number;
  ending: Ending | 'whole';
  kind: Outcome['kind'];
  reported_chars: number;
}

const CASES = JSON.parse(
  readFileSync(resolve(__dirname, '../../tests/cases/outcomes.json'), 'utf8')
) as ICase[];

/** Lives the life of one suggestion. */
function lived(one: ICase): Outcome[] {
  let nowMs = 0;
  const ended: Outcome[] = [];
  const outcomes = new Outcomes(
    () => nowMs,
    outcome => ended.push(outcome)
  );
  const id = 's';
  const text = 'x'.repeat(one.total_chars);
  outcomes.on({ type: 'offered', id, text, final: true });
  if (one.painted) {
    outcomes.on({ type: 'painted', id });
  }
  if (one.partly_chars > 0) {
    outcomes.on({ type: 'partial', id, chars: one.partly_chars });
  }
  nowMs += one.shown_ms;
  if (one.kept_chars !== one.partly_chars) {
    outcomes.on({ type: 'typedAlong', id, left: text.slice(one.kept_chars) });
  }
  if (one.ending !== 'whole') {
    outcomes.on({ type: one.ending, id });
  }
  return ended;
}

describe('the outcome of a suggestion', () => {
  it.each(CASES)(
    '$ending, painted $painted, shown $shown_ms ms, taken $partly_chars, kept $kept_chars: $kind',
    one => {
      expect(lived(one)).toEqual([
        {
          suggestion_id: 's',
          kind: one.kind,
          kept_chars: one.reported_chars,
          shown_ms: one.shown_ms
        }
      ]);
    }
  );
});
