/**
 * What screen readers hear of suggestions.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Announcer } from '../src/ghost/announcer';
import type { IShown } from '../src/ghost/announcer';

class Page {
  on = true;
  now: IShown | null = null;
  said: string[] = [];
  announcer = new Announcer({
    isOn: () => this.on,
    words: text => `suggestion: ${text}`,
    say: words => {
      if (words) {
        this.said.push(words);
      }
    }
  });

  shows(text: string, { key = 's', whole = true } = {}): void {
    this.now = text ? { key, text, whole } : null;
    this.announcer.shown(() => this.now);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a suggestion is said', () => {
  it('once, when it has settled, also while it is typed along', () => {
    const page = new Page();
    page.shows('mean()');
    vi.advanceTimersByTime(100);
    page.shows('ean()');
    vi.advanceTimersByTime(1000);
    page.shows('an()');
    vi.advanceTimersByTime(1000);
    expect(page.said).toEqual(['suggestion: ean()']);
  });

  it('when it is whole', () => {
    const page = new Page();
    page.shows('me', { whole: false });
    vi.advanceTimersByTime(1000);
    expect(page.said).toEqual([]);
    page.now = { key: 's', text: 'mean()', whole: true };
    vi.advanceTimersByTime(1000);
    expect(page.said).toEqual(['suggestion: mean()']);
  });

  it('again when the person looks through suggestions', () => {
    const page = new Page();
    page.shows('mean()');
    vi.advanceTimersByTime(1000);
    page.announcer.again(() => page.now);
    vi.advanceTimersByTime(1000);
    expect(page.said).toHaveLength(2);
  });

  it('not when it is gone before it settles', () => {
    const page = new Page();
    page.shows('mean()');
    page.now = null;
    vi.advanceTimersByTime(1000);
    expect(page.said).toEqual([]);
  });

  it('not when the setting is off', () => {
    const page = new Page();
    page.on = false;
    page.shows('mean()');
    vi.advanceTimersByTime(1000);
    expect(page.said).toEqual([]);
  });
});
