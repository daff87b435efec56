/**
 * What the panel's part about the cloud shows, drawn without a browser.
 */

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { CloudSection } from '../src/cloud/section';
import { CloudSetup } from '../src/cloud/setup';
import { trialFrom } from '../src/server/clouds';
import type { Clouds } from '../src/server/clouds';
import type { Cloud } from '../src/server/status';
import type { ICloudClient } from '../src/tokens';
import { clouded, message, setUp, trans } from './stati';

const TRIAL = trialFrom(message('cloud_test'));

async function setupOf(
  clouds: Clouds,
  changes: Partial<ICloudClient> = {}
): Promise<CloudSetup> {
  const client: ICloudClient = {
    clouds: () => Promise.resolve(clouds),
    cloudModels: () => Promise.resolve(['gpt-4.1', 'gpt-4.1-mini']),
    tryCloud: () => Promise.resolve(TRIAL),
    saveCloud: () => Promise.resolve(setUp('set_up')),
    removeCloud: () => Promise.resolve(setUp('none')),
    ...changes
  };
  const setup = new CloudSetup(client, () => undefined);
  await setup.load();
  return setup;
}

function drawn(setup: CloudSetup, cloud: Cloud | null = null): string {
  return renderToStaticMarkup(
    createElement(CloudSection, { setup, cloud, trans })
  ).replace(/&#x27;/g, "'");
}

/** Its words alone. */
function words(setup: CloudSetup, cloud: Cloud | null = null): string {
  return drawn(setup, cloud).replace(/<[^>]*>/g, ' ');
}

describe('without a cloud', () => {
  it('there is a button to add one', async () => {
    expect(words(await setupOf(setUp('none')))).toContain('Add a cloud model…');
  });

  it('a server that tells nothing shows nothing', async () => {
    const clouds = (): Promise<Clouds> => Promise.reject(new Error('404'));
    const setup = await setupOf(setUp('none'), { clouds });
    expect(words(setup).trim()).toBe('');
  });

  it('the reason stands where setting up is switched off', async () => {
    const why = 'the administrator has switched this off (MCCom.cloud_setup)';
    const off = setUp('none', { may_set_up: false, why_not: why });
    const said = words(await setupOf(off));
    expect(said).toContain(why);
    expect(said).not.toContain('Add a cloud model…');
  });
});

describe('the form', () => {
  async function formOf(id: string): Promise<CloudSetup> {
    const setup = await setupOf(setUp('none'));
    setup.open();
    setup.choose(id);
    return setup;
  }

  it('labels each field, and hides the key', async () => {
    const html = drawn(await formOf('vllm'));
    const fields = html.match(/<(?:select|input)[^>]*>/g) ?? [];
    expect(fields).toHaveLength(4);
    for (const field of fields) {
      const [, id] = /id="([^"]*)"/.exec(field) ?? [];
      expect(html).toContain(`for="${id}"`);
    }
    const key = fields.find(field => field.includes('name="key"'));
    expect(key).toContain('type="password"');
    expect(key).toContain('autoComplete="off"');
    expect(key).not.toContain('value=');
  });

  it('shows what the configuration sets, and no field for it', async () => {
    const fixed = { url: 'https://gateway.example', model: 'house-model' };
    const setup = await setupOf(setUp('none', { fixed, found: [] }));
    setup.open();
    setup.choose('vllm');
    const html = drawn(setup);
    expect(html).toContain('It is asked at https://gateway.example');
    expect(html).toContain('The model is house-model');
    expect(html).not.toMatch(/name="(url|model)"/);
    expect(html).toMatch(/name="key"/);
  });

  it('says what leaves the machine above Save', async () => {
    const said = words(await formOf('openai'));
    const { consent } = setUp('none');
    expect(said).toContain(consent);
    expect(said.indexOf(consent)).toBeLessThan(said.indexOf('Save'));
  });

  it('says that a local model sends nothing to a cloud', async () => {
    const setup = await setupOf(setUp('none'));
    setup.open();
    setup.fill({ local: true });
    expect(words(setup)).toContain('on the machine of the Jupyter server');
    expect(words(setup)).not.toContain(setUp('none').consent);
  });

  it('asks for an address only where the provider has none', async () => {
    expect(words(await formOf('openai'))).toContain(
      'It is asked at https://api.openai.com/v1.'
    );
    expect(drawn(await formOf('openai'))).not.toContain('name="url"');
    expect(drawn(await formOf('vllm'))).toContain('name="url"');
  });

  it('lets a server of your own be elsewhere than usual', async () => {
    expect(drawn(await formOf('ollama'))).toMatch(
      /name="url"[^>]*value="http:\/\/127.0.0.1:11434"/
    );
  });

  it('offers a server that was found, first', async () => {
    const setup = await setupOf(setUp('none'));
    setup.open();
    const said = drawn(setup);
    expect(said.indexOf('Found on this machine')).toBeLessThan(
      said.indexOf('Services and servers')
    );
    expect(said).toContain('Ollama (http://127.0.0.1:11434)');
    expect(said).toContain('Use it as the local model');
    expect(said).toContain('qwen2.5-coder:1.5b');
  });

  it('lists the models once they are known, and takes another name', async () => {
    const setup = await formOf('vllm');
    expect(words(setup)).toContain('For example Qwen/Qwen2.5-Coder-7B.');
    setup.fill({ url: 'http://big:8000' });
    await setup.list('');
    expect(drawn(setup)).toContain('<option value="gpt-4.1" selected="">');
    expect(drawn(setup)).not.toContain('name="model"');
    setup.fill({ model: '', named: true });
    expect(drawn(setup)).toContain('name="model"');
  });

  it('shows what a test wrote, how long it took and whether drafts are checked', async () => {
    const setup = await formOf('openai');
    await setup.test('k');
    const said = words(setup);
    expect(said).toContain('first + second');
    expect(said).toContain('Written in 0.84 s. Drafts are checked');
  });

  it('shows what the server says, as it is', async () => {
    const { message: says } = message('cloud_refused') as { message: string };
    const setup = await setupOf(setUp('none'), {
      tryCloud: () => Promise.reject(new Error(says))
    });
    setup.open();
    await setup.test('');
    expect(words(setup)).toContain(says);
  });
});

describe('a server in the place of the local model', () => {
  const local = {
    provider: 'ollama',
    name: 'Ollama',
    url: 'http://127.0.0.1:11434',
    model: 'qwen2.5-coder:1.5b'
  };

  it('is shown, and can be removed after a question', async () => {
    const setup = await setupOf(setUp('none', { local }));
    expect(words(setup)).toContain('qwen2.5-coder:1.5b of Ollama');
    expect(words(setup)).toContain('Remove Ollama');
    setup.askToRemove('ollama');
    expect(words(setup)).toContain('Use the model of this machine again');
  });

  it('is shown beside a cloud', async () => {
    const said = words(await setupOf(setUp('set_up', { local })));
    expect(said).toContain('gpt-4.1-mini');
    expect(said).toContain('qwen2.5-coder:1.5b of Ollama');
  });
});

describe('a cloud', () => {
  it('is shown with its model, its key and how it does', async () => {
    const setup = await setupOf(setUp('set_up'));
    const paused = clouded({ state: 'paused', detail: 'again in 40 s' }).cloud;
    const said = words(setup, paused);
    expect(said).toContain('OpenAI');
    expect(said).toContain('gpt-4.1-mini');
    expect(said).toContain("in the system's keyring");
    expect(said).toContain('paused: again in 40 s');
    expect(said).toContain('Remove');
  });

  it('that failed last says why', async () => {
    const setup = await setupOf(setUp('set_up'));
    const failed = clouded({ trouble: 'no route; check it' }).cloud;
    expect(words(setup, failed)).toContain('no route; check it');
    expect(words(setup, clouded().cloud)).toContain('ready');
  });

  it('is removed only after a question', async () => {
    const setup = await setupOf(setUp('set_up'));
    setup.askToRemove('openai');
    expect(words(setup)).toContain('Remove OpenAI and its key');
  });

  it('of an administrator is locked, with the reason', async () => {
    const locked = setUp('locked');
    const said = words(await setupOf(locked));
    expect(said).toContain(locked.why_not);
    expect(said).toContain('in an environment variable of the server');
    expect(said).not.toContain('Remove');
  });

  it('shows what is wrong with it', async () => {
    const broken = setUp('set_up', { trouble: 'the key is not readable' });
    expect(words(await setupOf(broken))).toContain('the key is not readable');
  });
});
