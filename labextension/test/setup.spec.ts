/**
 * How a cloud is added, tried and removed, against a server that says what the test wrote.
 */

import { describe, expect, it } from 'vitest';
import { choicesOf } from '../src/cloud/choices';
import { CloudSetup } from '../src/cloud/setup';
import { modelsFrom, trialFrom } from '../src/server/clouds';
import type { CloudAccess, CloudChoice, Clouds } from '../src/server/clouds';
import type { ICloudClient } from '../src/tokens';
import { message, setUp } from './stati';

const KEY = 'sk-not-a-real-key';
const FOUND = 'ollama http://127.0.0.1:11434';
const MODELS = modelsFrom(message('cloud_models'));
const TRIAL = trialFrom(message('cloud_test'));

/** Answers as it is told, and notes what it was sent. */
class Server implements ICloudClient {
  told: Clouds = setUp('none');
  models: Promise<string[]> = Promise.resolve(MODELS);
  trial = Promise.resolve(TRIAL);
  saved = Promise.resolve(setUp('set_up'));
  sent: [string, unknown][] = [];
  signals: AbortSignal[] = [];

  clouds(): Promise<Clouds> {
    return Promise.resolve(this.told);
  }

  cloudModels(access: CloudAccess, signal: AbortSignal): Promise<string[]> {
    this.sent.push(['models', access]);
    this.signals.push(signal);
    return this.models;
  }

  tryCloud(choice: CloudChoice, signal: AbortSignal): Promise<typeof TRIAL> {
    this.sent.push(['test', choice]);
    this.signals.push(signal);
    return this.trial;
  }

  saveCloud(choice: CloudChoice): Promise<Clouds> {
    this.sent.push(['save', choice]);
    return this.saved;
  }

  removeCloud(provider: string): Promise<Clouds> {
    this.sent.push(['remove', provider]);
    return Promise.resolve(setUp('none'));
  }
}

/** A form that is open on what the server told. */
async function opened(
  server = new Server()
): Promise<{ setup: CloudSetup; server: Server; live: () => number }> {
  let n = 0;
  const setup = new CloudSetup(server, () => n++);
  await setup.load();
  setup.open();
  return { setup, server, live: () => n };
}

/** All that the page holds of it. */
function held(setup: CloudSetup): string {
  return JSON.stringify([setup.view, setup.choice]);
}

describe('the choices', () => {
  it('are the servers that were found, then every provider', () => {
    const ids = choicesOf(setUp('none')).map(({ id }) => id);
    expect(ids).toEqual([FOUND, 'openai', 'ollama', 'vllm']);
    expect(choicesOf(null)).toEqual([]);
  });

  it('begin with a server that was found, and the models it has', async () => {
    const { setup, server } = await opened();
    expect(setup.view.draft).toMatchObject({
      choice: FOUND,
      model: 'qwen2.5-coder:1.5b'
    });
    expect(server.sent).toEqual([]); // its models are known
    await setup.test('');
    expect(server.sent).toEqual([
      [
        'test',
        {
          provider: 'ollama',
          url: 'http://127.0.0.1:11434',
          model: 'qwen2.5-coder:1.5b',
          key: ''
        }
      ]
    ]);
  });

  it("offer the provider's example where it is public", async () => {
    const { setup } = await opened();
    setup.choose('openai');
    expect(setup.view.draft.model).toBe('gpt-4.1-mini');
    setup.choose('vllm');
    expect(setup.view.draft.model).toBe('');
  });

  it('are none where the administrator has set the cloud', async () => {
    const server = new Server();
    server.told = setUp('locked');
    const { setup } = await opened(server);
    expect(setup.view.open).toBe(false);
  });
});

describe('the models', () => {
  it('are asked for with the key, and one that is lacking gives way', async () => {
    const { setup, server } = await opened();
    setup.choose('openai');
    server.models = Promise.resolve(['gpt-4.1']);
    await setup.list(KEY);
    expect(server.sent).toEqual([['models', message('cloud_models_request')]]);
    expect(setup.view).toMatchObject({
      models: ['gpt-4.1'],
      busy: '',
      draft: { model: 'gpt-4.1' }
    });
  });

  it('do not replace a name that the person typed', async () => {
    const { setup } = await opened();
    setup.choose('openai');
    setup.fill({ model: 'mine', named: true });
    await setup.list(KEY);
    expect(setup.view.draft).toMatchObject({ model: 'mine', named: true });
  });

  it('are asked for at once where no key is needed, not before an address is known', async () => {
    const { setup, server } = await opened();
    setup.choose('ollama');
    setup.choose('vllm');
    await setup.list('');
    expect(server.sent.map(([route]) => route)).toEqual(['models']);
    setup.fill({ url: 'http://big:8000' });
    await setup.list('');
    expect(server.sent[1]).toEqual([
      'models',
      { provider: 'vllm', url: 'http://big:8000', key: '' }
    ]);
    setup.fill({ url: 'http://other:8000' });
    expect(setup.view.models).toEqual([]);
  });

  it('that could not be had leave what is filled in', async () => {
    const { setup, server } = await opened();
    setup.choose('openai');
    server.models = Promise.reject(new Error('the key is refused; paste it'));
    await setup.list(KEY);
    expect(setup.view).toMatchObject({
      trouble: 'the key is refused; paste it',
      draft: { choice: 'openai', model: 'gpt-4.1-mini' }
    });
  });
});

describe('a test', () => {
  it('shows what the model wrote', async () => {
    const { setup, server } = await opened();
    setup.choose('openai');
    await setup.test(KEY);
    expect(server.sent).toEqual([['test', message('cloud_test_request')]]);
    expect(setup.view).toMatchObject({ trial: TRIAL, busy: '', trouble: '' });
  });

  it('of something else is dropped, also one that is under way', async () => {
    const { setup, server } = await opened();
    setup.choose('openai');
    const under = setup.test(KEY);
    expect(setup.view.busy).toBe('test');
    setup.fill({ model: 'gpt-4.1' });
    expect(server.signals[0]?.aborted).toBe(true);
    await under;
    expect(setup.view).toMatchObject({ trial: null, busy: '' });
    await setup.test(KEY);
    setup.fill({});
    expect(setup.view.trial).toBeNull();
  });

  it('of a model that nobody named asks for the names first', async () => {
    const { setup, server } = await opened();
    setup.choose('vllm');
    setup.fill({ url: 'http://big:8000' });
    await setup.test(KEY);
    expect(server.sent.map(([route]) => route)).toEqual(['models', 'test']);
    expect(server.sent[1]?.[1]).toMatchObject({ model: 'gpt-4.1' });
    setup.fill({ url: 'http://other:8000', model: '' });
    server.models = Promise.reject(new Error('it tells none; name one'));
    await setup.save(KEY);
    expect(server.sent.map(([route]) => route).at(-1)).toBe('models');
    expect(setup.view.trouble).toBe('it tells none; name one');
  });

  it('that fails says why, until the next', async () => {
    const { setup, server } = await opened();
    server.trial = Promise.reject(new Error('no route; check the address'));
    await setup.test('');
    expect(setup.view).toMatchObject({
      trouble: 'no route; check the address',
      trial: null
    });
    server.trial = Promise.resolve(TRIAL);
    await setup.test('');
    expect(setup.view.trouble).toBe('');
  });
});

describe('a key', () => {
  it('that was sent to one address is not for another', async () => {
    const { setup } = await opened();
    setup.choose('vllm');
    setup.fill({ url: 'http://big:8000', model: 'm' });
    expect(setup.keyIsForAnother).toBe(false);
    await setup.test(KEY);
    setup.fill({ url: 'http://big:8000/v1' });
    expect(setup.keyIsForAnother).toBe(false);
    for (const url of [
      'http://big:8001',
      'https://big:8000',
      'http://bad:8000'
    ]) {
      setup.fill({ url });
      expect(setup.keyIsForAnother).toBe(true);
    }
    setup.keyWritten();
    expect(setup.keyIsForAnother).toBe(false);
  });

  it('that was not sent yet is for any address', async () => {
    const { setup } = await opened();
    setup.choose('vllm');
    setup.fill({ url: 'http://big:8000', model: 'm' });
    await setup.test('');
    setup.fill({ url: 'http://other:8000' });
    expect(setup.keyIsForAnother).toBe(false);
    await setup.test(KEY);
    setup.choose('openai');
    setup.fill({ url: 'http://third:8000' });
    expect(setup.keyIsForAnother).toBe(false);
  });
});

describe('what the configuration sets', () => {
  const fixed = { url: 'https://gateway.example', model: 'house-model' };

  it('is asked, whatever the provider', async () => {
    const server = new Server();
    server.told = setUp('none', { fixed, found: [] });
    const { setup } = await opened(server);
    setup.choose('openai');
    await setup.test(KEY);
    await setup.save(KEY);
    const wanted = { ...fixed, provider: 'openai', key: KEY };
    expect(server.sent).toEqual([
      ['test', wanted],
      ['save', wanted]
    ]);
  });

  it('leaves a server in the place of the local model as it is', async () => {
    const server = new Server();
    server.told = setUp('none', { fixed: { ...fixed, url: '' } });
    const { setup } = await opened(server);
    setup.choose(FOUND);
    setup.fill({ local: true });
    await setup.save('');
    expect(server.sent[0]?.[1]).toMatchObject({ model: 'qwen2.5-coder:1.5b' });
  });
});

describe('saving', () => {
  it('makes it live, and closes an empty form', async () => {
    const { setup, server, live } = await opened();
    setup.choose('openai');
    await setup.save(KEY);
    expect(server.sent).toEqual([['save', message('cloud_put_request')]]);
    expect(live()).toBe(1);
    expect(setup.view).toMatchObject({
      clouds: setUp('set_up'),
      open: false,
      done: 'saved',
      draft: { choice: '', model: '' }
    });
  });

  it('makes a found server the local model, and no cloud', async () => {
    const clouds: boolean[] = [];
    const server = new Server();
    const setup = new CloudSetup(server, cloud => clouds.push(cloud));
    await setup.load();
    setup.open();
    setup.fill({ local: true });
    await setup.save('');
    expect(server.sent).toEqual([
      [
        'save',
        {
          provider: 'ollama',
          url: 'http://127.0.0.1:11434',
          model: 'qwen2.5-coder:1.5b',
          key: '',
          local: true
        }
      ]
    ]);
    expect(clouds).toEqual([false]);
  });

  it('that is refused leaves the form and says why', async () => {
    const { setup, server, live } = await opened();
    server.saved = Promise.reject(new Error('the file is read-only'));
    await setup.save('');
    expect(setup.view).toMatchObject({
      open: true,
      trouble: 'the file is read-only',
      draft: { choice: FOUND }
    });
    expect(live()).toBe(0);
  });

  it('happens once, however often it is clicked, and is not given up', async () => {
    const { setup, server } = await opened();
    let answer: (clouds: Clouds) => void = () => undefined;
    server.saved = new Promise(resolve => (answer = resolve));
    const first = setup.save('');
    await setup.save('');
    await setup.remove('openai');
    setup.fill({ model: 'other' });
    setup.choose('openai');
    setup.close();
    expect(setup.view.open).toBe(true);
    answer(setUp('set_up'));
    await first;
    expect(server.sent.map(([route]) => route)).toEqual(['save']);
    expect(setup.view.done).toBe('saved');
  });

  it('keeps no key, at no time', async () => {
    const { setup } = await opened();
    const seen: string[] = [];
    setup.changed.connect(() => seen.push(held(setup)));
    setup.choose('openai');
    await setup.list(KEY);
    await setup.test(KEY);
    await setup.save(KEY);
    expect(seen.length).toBeGreaterThan(6);
    expect(seen.filter(text => text.includes(KEY))).toEqual([]);
  });
});

describe('the cloud in use', () => {
  async function used(): ReturnType<typeof opened> {
    const server = new Server();
    server.told = setUp('set_up');
    return opened(server);
  }

  it('is what the form opens on, with the key that is kept', async () => {
    const { setup, server } = await used();
    expect(setup.view.draft).toMatchObject({
      choice: 'openai',
      url: '',
      model: 'gpt-4.1-mini'
    });
    expect(server.sent).toEqual([
      ['models', { provider: 'openai', url: '', key: '' }]
    ]);
  });

  it('keeps an address that is not its own', async () => {
    const server = new Server();
    const { cloud } = setUp('set_up');
    const url = 'https://proxy.example/v1';
    server.told = setUp('set_up', { cloud: cloud && { ...cloud, url } });
    const { setup } = await opened(server);
    expect(setup.view.draft.url).toBe(url);
  });

  it('is removed after a question', async () => {
    const { setup, server, live } = await used();
    setup.close();
    setup.askToRemove('openai');
    expect(setup.view.removing).toBe('openai');
    setup.askToRemove('');
    await setup.remove('openai');
    expect(server.sent.at(-1)).toEqual(['remove', 'openai']);
    expect(live()).toBe(1);
    expect(setup.view).toMatchObject({
      clouds: setUp('none'),
      done: 'removed',
      removing: ''
    });
  });
});

describe('what was said', () => {
  it('is old when a panel is opened anew', async () => {
    const { setup, server } = await opened();
    server.trial = Promise.reject(new Error('no route'));
    await setup.test('');
    setup.begin();
    expect(setup.view.trouble).toBe('');
    await setup.save('');
    setup.begin();
    expect(setup.view.done).toBe('');
  });
});

describe('what is filled in', () => {
  it('outlives a panel that is closed, and a server that is away', async () => {
    const { setup, server } = await opened();
    setup.choose('vllm');
    setup.fill({ url: 'http://big:8000', model: 'big' });
    server.clouds = () => Promise.reject(new Error('away'));
    await setup.load();
    setup.open();
    expect(setup.view.draft).toMatchObject({
      choice: 'vllm',
      url: 'http://big:8000',
      model: 'big'
    });
  });

  it('is gone when the form is closed', async () => {
    const { setup } = await opened();
    setup.choose('vllm');
    setup.close();
    setup.open();
    expect(setup.view.draft.choice).toBe(FOUND);
  });
});
