/**
 * What is kept of each open document, and that all of it goes.
 */

import { describe, expect, it } from 'vitest';
import { Sessions } from '../src/completion/session';
import type { IStream, Session } from '../src/completion/session';
import type { Outcome } from '../src/server/wire';
import { DEFAULTS } from '../src/settings/settings';
import { line, never, Page } from './asking';

const page = new Page();

function sessions(outcomes: Outcome[] = []): Sessions {
  return new Sessions({
    outcome: outcome => outcomes.push(outcome),
    survival: () => undefined,
    nowMs: () => 0
  });
}

/** A question whose answer goes on after its first text. */
function streaming(session: Session, token = 'r'): IStream {
  const asked = page.here();
  const question = session.ask(asked, false);
  const offer = session.offer(line('text', 'mean'), question);
  const stream = { token, lines: never(), question, offer };
  session.keep(stream);
  return stream;
}

function shown(session: Session): void {
  const question = session.ask(page.here(), false);
  session.offer(line('final', 'mean()'), question);
}

describe('a document', () => {
  it('has one session', () => {
    const all = sessions();
    expect(all.of('a.ipynb')).toBe(all.of('a.ipynb'));
    expect(all.of('a.ipynb')).not.toBe(all.of('b.ipynb'));
  });

  it('has quiet lines of its own, until it is asked by hand', () => {
    const all = sessions();
    const asked = page.here();
    const may = (name: string, invoked = false): boolean =>
      all.of(name).mayAsk(asked, invoked, DEFAULTS);
    for (let i = 0; i < DEFAULTS.quiet_after_dismissals; i++) {
      all.of('a.ipynb').dismissed(asked.position.cell_id, 'df.');
    }
    expect([may('a.ipynb'), may('b.ipynb')]).toEqual([false, true]);
    expect([may('a.ipynb', true), may('a.ipynb')]).toEqual([true, true]);
  });

  it('continues its last suggestion until a key supersedes it', () => {
    const session = sessions().of('a.ipynb');
    shown(session);
    expect(session.rest(page.here())?.left).toBe('mean()');
    session.supersede();
    expect(session.rest(page.here())).toBe(null);
  });
});

describe('the rest of an answer', () => {
  it('is found by its token, once', () => {
    const all = sessions();
    const stream = streaming(all.of('a.ipynb'));
    all.of('b.ipynb');
    expect(all.takeStream('other')).toBe(null);
    expect(all.takeStream('r')).toBe(stream);
    expect(all.takeStream('r')).toBe(null);
  });

  it('goes with its question', () => {
    const all = sessions();
    const { question } = streaming(all.of('a.ipynb'));
    all.of('a.ipynb').supersede();
    expect(question.control.signal.aborted).toBe(true);
    expect(all.takeStream('r')).toBe(null);
  });
});

describe('a session that is closed', () => {
  it.each<[string, (all: Sessions) => void]>([
    [
      'when the page is left',
      all => {
        all.close();
      }
    ],
    [
      'when many other documents came after it',
      all => {
        Array.from({ length: 52 }, (_, i) => all.of(`${String(i)}.py`));
      }
    ]
  ])('%s asks and keeps nothing any more', (_, close) => {
    const all = sessions();
    const [session, other] = [all.of('a.ipynb'), all.of('b.ipynb')];
    const { question } = streaming(session);
    shown(other);
    expect(other.rest(page.here())).not.toBe(null);
    close(all);
    expect(question.control.signal.aborted).toBe(true);
    expect(all.takeStream('r')).toBe(null);
    expect(other.rest(page.here())).toBe(null);
    expect(all.of('a.ipynb')).not.toBe(session);
  });

  it('is not the one that is used', () => {
    const all = sessions();
    const session = all.of('a.ipynb');
    for (let i = 0; i < 60; i++) {
      all.of(`${String(i)}.py`);
      expect(all.of('a.ipynb')).toBe(session);
    }
  });
});

describe('an empty cell', () => {
  const may = (cell: string, text: string, atRest: boolean): boolean => {
    const empty = new Page();
    [empty.cell, empty.atRest] = [cell, atRest];
    empty.place = { text, cursor: 0 };
    return sessions().of('a.ipynb').mayAsk(empty.here(), false, DEFAULTS);
  };

  it('is asked about only where the cursor rests', () => {
    expect([may('c', ' \n', false), may('c', ' \n', true)]).toEqual([
      false,
      true
    ]);
  });

  it('is not a text of an empty file, nor one that is written', () => {
    expect([may('', '', false), may('c', 'x', false)]).toEqual([true, true]);
  });
});
