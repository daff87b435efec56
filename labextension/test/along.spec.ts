/**
 * When the provider sends nothing: a key that types along, a pause that is none, a place where nothing may be said.
 */

import { describe, expect, it } from 'vitest';
import type { Line } from '../src/server/wire';
import { INVOKED, line, Page, says } from './asking';

describe('a key that types along with the last suggestion', () => {
  const shown = async (...later: Line[]): Promise<Page> => {
    const page = new Page(says(line('final', 'mean()')), says(...later));
    await page.fetch();
    return page;
  };

  it('is answered at once, and nothing is sent', async () => {
    const page = await shown();
    page.waitMs = 10_000;
    page.speaking = false;
    page.type('me');
    const [item] = await page.fetch();
    expect(item).toEqual({ insertText: 'an()' });
    expect(page.offers.of(item)?.text).toBe('mean()');
    expect(page.client.requests.length).toBe(1);
  });

  it.each<[string, (page: Page) => void]>([
    ['contradicts it', page => page.type('x')],
    ['types all of it', page => page.type('mean()')],
    [
      'follows its end',
      page => {
        const offer = { type: 'dismissed', id: 's' } as const;
        page.sessions.of('a.ipynb').outcomes.on(offer);
        page.type('m');
      }
    ],
    [
      'is in another cell',
      page => {
        page.cell = 'd';
        page.type('m');
      }
    ],
    [
      'made the editor close a bracket',
      page => (page.place = { text: 'df.m)', cursor: 4 })
    ]
  ])('is asked of the server when it %s', async (_, act) => {
    const page = await shown(line('final', 'new', 't'));
    act(page);
    expect((await page.fetch())[0].insertText).toBe('new');
  });

  it('is asked of the server while the answer goes on', async () => {
    const page = new Page(
      says(line('text', 'mea'), line('final', 'mean()')),
      says(line('final', 'ean()'))
    );
    await page.fetch();
    page.type('m');
    expect((await page.fetch())[0].insertText).toBe('ean()');
  });

  it('is asked of the server when the person asks by hand', async () => {
    const page = await shown(line('final', 'new', 't'));
    expect((await page.fetch(INVOKED))[0].insertText).toBe('new');
  });
});

describe('when to ask', () => {
  it('is not where nothing may be said', async () => {
    const page = new Page();
    page.speaking = false;
    expect(await page.fetch()).toEqual([]);
    expect(page.client.requests).toEqual([]);
  });

  it('is after a pause, unless a newer key came', async () => {
    const page = new Page(says(line('final', 'mean()')));
    page.waitMs = 20;
    const older = page.fetch();
    page.type('m');
    const newer = page.fetch();
    expect(await older).toEqual([]);
    expect((await newer).length).toBe(1);
    expect(page.client.requests.map(({ prefix }) => prefix)).toEqual(['df.m']);
  });

  it('is not when the cursor went elsewhere in the pause', async () => {
    const page = new Page();
    page.waitMs = 20;
    const items = page.fetch();
    page.place = { ...page.place, cursor: 0 };
    expect(await items).toEqual([]);
  });

  it('is at once by hand', async () => {
    const page = new Page(says(line('final', 'mean()')));
    page.waitMs = 1e9;
    expect((await page.fetch(INVOKED)).length).toBe(1);
  });

  it('says how far a suggestion may go', async () => {
    const page = new Page(says());
    await page.fetch();
    expect(page.client.requests[0].multiline).toBe('block');
  });
});
