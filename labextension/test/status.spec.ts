/**
 * The state of completions on the page, from what the server and completions say.
 */

import { describe, expect, it, vi } from 'vitest';
import type { Status } from '../src/server/status';
import { StatusModel } from '../src/status/model';
import type { IClient } from '../src/tokens';
import { line } from './asking';
import { clouded, golden, routeTo } from './stati';

/** A page whose server says `says`, or rejects with it. */
class Page {
  constructor(public says: Status | Error) {
    const status = (): Promise<Status> =>
      this.says instanceof Error
        ? Promise.reject(this.says)
        : Promise.resolve(this.says);
    const client = { status, warm: () => Promise.resolve() };
    this.model = new StatusModel(client as unknown as IClient);
  }

  takes(status: Status): StatusModel {
    this.says = status;
    this.model.take(status);
    return this.model;
  }

  readonly model: StatusModel;
}

function pageOf(status: Status): StatusModel {
  return new Page(status).takes(status);
}

describe('what is shown', () => {
  it('is loading before the first answer, then what the server says', async () => {
    const page = new Page(golden('get_model'));
    expect(page.model.shown).toEqual({ state: 'loading', trouble: '' });
    await vi.waitFor(() => expect(page.model.status).not.toBeNull());
    expect(page.model.shown).toEqual({ state: 'get-model', trouble: '' });
  });

  it('is off whatever the server says', () => {
    const { model } = new Page(new Error('away'));
    model.enabled = false;
    expect(model.shown).toEqual({ state: 'off', trouble: '' });
  });

  it('is trouble while the server is away, and no longer', async () => {
    const page = new Page(new Error('away; check it'));
    const { model } = page;
    await model.refresh();
    await vi.waitFor(() => expect(model.shown.trouble).not.toBe(''));
    expect(model.shown).toEqual({
      state: 'trouble',
      trouble: 'away; check it'
    });
    page.takes(golden('ready'));
    expect(model.shown).toEqual({ state: 'ready', trouble: '' });
  });

  it('is what the server says after the last thing that happened, also while it is being asked', async () => {
    const answers: ((status: Status) => void)[] = [];
    const status = (): Promise<Status> =>
      new Promise(resolve => answers.push(resolve));
    const model = new StatusModel({ status } as unknown as IClient);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.(golden('ready'));
    await vi.waitFor(() => expect(model.status).not.toBeNull());
    void model.refresh();
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    void model.refresh();
    answers[1]?.(golden('ready'));
    await vi.waitFor(() => expect(answers).toHaveLength(3));
    answers[2]?.(golden('measuring'));
    await vi.waitFor(() => expect(model.shown.state).toBe('measuring'));
  });

  it('is soon what a slow server says some time after it was told to load', async () => {
    const page = new Page(golden('ready'));
    await page.model.warm();
    await new Promise(resolve => setTimeout(resolve, 100)); // it was asked, and is only then
    page.says = golden('measuring');
    const measuring = (): void =>
      expect(page.model.shown.state).toBe('measuring');
    await vi.waitFor(measuring, { timeout: 4000 });
  });

  it("is the server's trouble in its own words", () => {
    const says = golden('ready', { state: 'trouble', detail: 'no space' });
    const model = pageOf(says);
    expect(model.shown).toEqual({ state: 'trouble', trouble: 'no space' });
  });

  it('is the trouble of the last completion until one is answered', () => {
    const model = pageOf(golden('ready'));
    model.report('broken');
    expect(model.shown).toEqual({ state: 'trouble', trouble: 'broken' });
    model.answered(line('final', 'x'));
    expect(model.shown).toEqual({ state: 'ready', trouble: '' });
  });

  it('is what goes on at the server rather than that trouble', () => {
    const model = pageOf(golden('measuring'));
    model.report('broken');
    expect(model.shown).toEqual({ state: 'measuring', trouble: '' });
  });
});

describe('the route of the newest text', () => {
  function after(
    to: 'local' | 'cloud',
    before: Status,
    now: Status
  ): string | null {
    const page = new Page(before);
    const model = page.takes(before);
    model.answered({ ...line('final', 'x'), route: routeTo(to) });
    page.takes(now);
    return model.route?.to ?? null;
  }
  const other = { id: 'other', bytes: 1, present: true };
  const cases: ['local' | 'cloud', string, Status, string | null][] = [
    ['local', 'the same models', clouded(), 'local'],
    ['local', 'another local model', clouded({}, { model: other }), null],
    ['local', 'another cloud', clouded({ model: 'other' }), 'local'],
    ['cloud', 'another local model', clouded({}, { model: other }), 'cloud'],
    ['cloud', 'another cloud', clouded({ model: 'other' }), null],
    ['cloud', 'no cloud', golden('ready'), null]
  ];
  it.each(cases)('to the %s model, then %s', (to, _, now, left) => {
    expect(after(to, clouded(), now)).toBe(left);
  });

  it('is not that of an answer without a text', () => {
    const model = pageOf(golden('ready'));
    model.answered(line('final', ''));
    expect(model.route).toBeNull();
  });
});

describe('a snooze', () => {
  it('counts down on the page and ends there by itself', () => {
    vi.useFakeTimers();
    const model = pageOf({ ...golden('ready'), snooze: { left_s: 150 } });
    const shown: number[] = [];
    model.changed.connect(() => {
      shown.push(Math.ceil(model.snoozeLeftMs / 60_000));
    });
    expect(model.snoozed).toBe(true);
    vi.advanceTimersByTime(151_000);
    expect(shown.slice(-3)).toEqual([2, 1, 0]);
    expect(model.snoozed).toBe(false);
    vi.useRealTimers();
  });

  it('without an end lasts until the server says otherwise', () => {
    const page = new Page(golden('ready'));
    const model = page.takes({ ...golden('ready'), snooze: { left_s: null } });
    expect(model.snoozeLeftMs).toBe(Infinity);
    expect(page.takes(golden('ready')).snoozed).toBe(false);
  });
});
