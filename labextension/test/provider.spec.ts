/**
 * A key → items, with a client that says what the test wrote: never an error, never an empty item.
 */

import { describe, expect, it } from 'vitest';
import type { Line } from '../src/server/wire';
import {
  breaks,
  INVOKED,
  line,
  never,
  Page,
  says,
  textsOf,
  tick,
  TYPED
} from './asking';

describe('fetch', () => {
  it('gives the final text as one item', async () => {
    const page = new Page(says(line('final', 'mean()')));
    expect(await page.fetch()).toEqual([{ insertText: 'mean()' }]);
  });

  it.each([
    ['an empty final text', says(line('final', ''))],
    ['only empty texts', says(line('text', ''), line('final', ''))],
    ['no line at all', says()],
    ['a failing client', breaks],
    ['trouble', says({ type: 'trouble', request_id: 'r', text: 'no model' })]
  ])('gives no item for %s', async (_, answer) => {
    expect(await new Page(answer).fetch()).toEqual([]);
  });

  it('skips empty texts up to the first that says something', async () => {
    const page = new Page(says(line('text', ''), line('final', 'mean()')));
    expect((await page.fetch())[0].insertText).toBe('mean()');
  });

  it('reports trouble to the status item, and that it is over', async () => {
    const page = new Page(
      says({ type: 'trouble', request_id: 'r', text: 'no model' }),
      says(line('final', 'mean()'))
    );
    await page.fetch();
    expect(page.troubles).toEqual(['no model']);
    await page.fetch();
    expect(page.troubles).toEqual([]);
  });

  it('asks nothing when switched off or where nothing is to be asked', async () => {
    const page = new Page();
    page.enabled = false;
    expect(await page.fetch()).toEqual([]);
    page.enabled = true;
    page.asked = () => null;
    expect(await page.fetch()).toEqual([]);
    expect(page.client.requests).toEqual([]);
  });

  it('asks nothing while suggestions are snoozed, unless asked to', async () => {
    const page = new Page(says(line('final', 'mean()')));
    page.snoozed = true;
    expect(await page.fetch()).toEqual([]);
    expect(page.client.requests).toEqual([]);
    expect(await page.fetch(INVOKED)).toHaveLength(1);
  });

  it('asks nothing for a view in which the person is not, unless asked to', async () => {
    const page = new Page(says(line('final', 'mean()')));
    page.focused = false;
    expect(await page.fetch()).toEqual([]);
    expect(page.client.requests).toEqual([]);
    expect(await page.fetch(INVOKED)).toHaveLength(1);
  });

  it('waits until an input method has committed, and asks then', async () => {
    const page = new Page(says(line('final', 'mean()')));
    let commit = (): void => undefined;
    page.composing = new Promise(resolve => (commit = resolve));
    const items = page.fetch();
    await tick();
    expect(page.client.requests).toEqual([]);
    commit();
    expect(await items).toHaveLength(1);
  });

  it('leaves what was committed as something else to its own question', async () => {
    const page = new Page();
    page.composing = Promise.resolve();
    const items = page.fetch();
    page.type('你好');
    expect(await items).toEqual([]);
    expect(page.client.requests).toEqual([]);
  });

  it.each([
    [
      'the cursor goes elsewhere',
      (page: Page) => (page.place.cursor = 1),
      true
    ],
    ['the focus goes elsewhere', (page: Page) => (page.focused = false), true],
    ['the person types on', (page: Page) => page.type('me'), false]
  ])('is given up when %s: %s', async (_, happens, aborted) => {
    const page = new Page(never);
    void page.fetch();
    await tick();
    page.place = { ...page.place };
    happens(page);
    page.sessions.left();
    expect(page.client.signals[0].aborted).toBe(aborted);
  });

  it('does not throw when the editor cannot be read', async () => {
    const page = new Page();
    page.asked = () => {
      throw new Error('gone');
    };
    expect(await page.fetch()).toEqual([]);
    expect(page.troubles).toEqual(['Error: gone']);
  });

  it('aborts the older request of the document and gives nothing for it', async () => {
    let answer = (): void => undefined;
    const slow = async function* (): AsyncGenerator<Line> {
      await new Promise<void>(resolve => (answer = resolve));
      yield line('final', 'old');
    };
    const page = new Page(slow, says(line('final', 'new', 't')));
    const older = page.fetch();
    await tick();
    const newer = page.fetch();
    expect(page.client.signals[0].aborted).toBe(true);
    answer();
    expect(await older).toEqual([]);
    expect((await newer)[0].insertText).toBe('new');
  });

  it('asks the cloud on the second invocation at a place', async () => {
    const page = new Page(...Array.from({ length: 4 }, () => says()));
    await page.fetch(INVOKED);
    await page.fetch(INVOKED);
    page.type('m');
    await page.fetch(INVOKED);
    await page.fetch(TYPED);
    expect(page.client.requests.map(request => request.trigger)).toEqual([
      'invoke',
      'ask',
      'invoke',
      'typing'
    ]);
  });

  it('carries how the last suggestion of the document ended, once', async () => {
    const page = new Page(says(line('final', 'mean()')), says(), says());
    await page.fetch();
    const outcomes = page.sessions.of('a.ipynb').outcomes;
    outcomes.on({ type: 'painted', id: 's' });
    outcomes.on({ type: 'moved', id: 's' });
    await page.fetch();
    await page.fetch();
    expect(page.client.requests.map(request => request.last?.kind)).toEqual([
      undefined,
      'moved',
      undefined
    ]);
    expect(page.client.outcomes.length).toBe(1);
  });
});

describe('stream', () => {
  it('gives the full text each time', async () => {
    const page = new Page(
      says(line('text', 'm'), line('text', 'mean'), line('final', 'mean()'))
    );
    const [item] = await page.fetch();
    expect(item).toMatchObject({ insertText: 'm', isIncomplete: true });
    expect(await textsOf(page, item.token)).toEqual(['mean', 'mean()']);
  });

  it('gives only the whole text to who wants no motion', async () => {
    const page = new Page(
      says(line('text', 'm'), line('text', 'mean'), line('final', 'mean()'))
    );
    page.still = true;
    const [item] = await page.fetch();
    expect(await textsOf(page, item.token)).toEqual(['mean()']);
  });

  it('leaves out what was typed along, and never gives an empty text', async () => {
    const page = new Page(
      says(line('text', 'm'), line('text', 'me'), line('final', 'mean()'))
    );
    const [item] = await page.fetch();
    page.type('me');
    expect(await textsOf(page, item.token)).toEqual(['an()']);
  });

  it('replaces the shown text by another one while nothing was typed', async () => {
    const page = new Page(says(line('text', 'max()'), line('final', 'mean()')));
    const [item] = await page.fetch();
    expect(await textsOf(page, item.token)).toEqual(['mean()']);
  });

  it('keeps the shown text once something of it was typed', async () => {
    const page = new Page(says(line('text', 'max()'), line('final', 'mean()')));
    const [item] = await page.fetch();
    page.type('m');
    expect(await textsOf(page, item.token)).toEqual([]);
    expect(page.offers.of(item)?.final).toBe(true);
  });

  it('ends when something else was typed', async () => {
    const page = new Page(says(line('text', 'm'), line('final', 'mean()')));
    const [item] = await page.fetch();
    page.type('x');
    expect(await textsOf(page, item.token)).toEqual([]);
    expect(page.client.signals[0].aborted).toBe(true);
  });

  it('ends when a newer request was made', async () => {
    const page = new Page(
      says(line('text', 'm'), line('final', 'mean()')),
      says()
    );
    const [item] = await page.fetch();
    await page.fetch();
    expect(await textsOf(page, item.token)).toEqual([]);
  });

  it('ends when the suggestion ended', async () => {
    const page = new Page(says(line('text', 'm'), line('final', 'mean()')));
    const [item] = await page.fetch();
    const offer = page.offers.of(item);
    offer?.session.outcomes.on({ type: 'dismissed', id: 's' });
    expect(await textsOf(page, item.token)).toEqual([]);
  });

  it('keeps the text when the answer breaks: it is the whole suggestion now', async () => {
    const page = new Page(async function* (): AsyncGenerator<Line> {
      yield line('text', 'm');
      throw new Error('broken');
    });
    const [item] = await page.fetch();
    expect(await textsOf(page, item.token)).toEqual([]);
    expect(page.troubles).toEqual(['Error: broken']);
    const outcomes = page.sessions.of('a.ipynb').outcomes;
    outcomes.on({ type: 'painted', id: 's' });
    outcomes.on({ type: 'typedAlong', id: 's', left: '' });
    expect(page.client.outcomes.map(({ kind }) => kind)).toEqual(['typed']);
  });

  it('knows no other token', async () => {
    expect(await textsOf(new Page(), 'unknown')).toEqual([]);
  });
});
