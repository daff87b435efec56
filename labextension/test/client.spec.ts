/**
 * The client against a real HTTP server that answers as the test says.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../src/server/client';
import type { CloudAccess, CloudChoice } from '../src/server/clouds';
import type { CompleteRequest, Line } from '../src/server/wire';
import { message } from './stati';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const REQUEST: CompleteRequest = {
  client_id: 'w',
  request_id: 'r',
  document: 'a.py',
  cell_id: '',
  language: 'python',
  prefix: 'x = ',
  suffix: '',
  cells_before: [],
  cells_after: [],
  trigger: 'typing',
  last: null,
  deadline_s: 30
};
const LINE: Line = {
  type: 'final',
  request_id: 'r',
  suggestion_id: 's',
  text: '"😀"',
  origin: 'local',
  route: { to: 'local', reason: 'sure', confidence: 1, chance: null }
};

let server: Server | null = null;
let seen: string[] = [];

async function clientOf(answer: Answer): Promise<Client> {
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url?.split('?')[0]}`);
    answer(request, response);
  });
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return new Client(
    ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${port}/base/`
    }),
    nullTranslator.load('jupyter_mccom')
  );
}

async function linesOf(
  client: Client,
  signal = new AbortController().signal
): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of client.complete(REQUEST, signal)) {
    lines.push(line);
  }
  return lines;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('complete', () => {
  it('gives the lines of an answer that comes in pieces', async () => {
    const bytes = Buffer.from(JSON.stringify(LINE) + '\n');
    const middle = bytes.indexOf(0xf0) + 2;
    const client = await clientOf((_, response) => {
      response.write(bytes.subarray(0, middle));
      setTimeout(() => response.end(bytes.subarray(middle)), 20);
    });
    expect(await linesOf(client)).toEqual([LINE]);
    expect(seen).toEqual(['POST /base/mccom/complete']);
  });

  it.each([
    [
      413,
      '{"message": "the body is over 256 KiB"}',
      'the body is over 256 KiB'
    ],
    [404, '<html>', '404']
  ])('gives a refusal (%i) as trouble', async (status, body, message) => {
    const client = await clientOf((_, response) => {
      response.writeHead(status).end(body);
    });
    const [line] = await linesOf(client);
    expect(line).toMatchObject({ type: 'trouble', request_id: 'r' });
    expect(line.text).toContain(message);
  });

  it('gives a line that is none, and a broken connection, as trouble', async () => {
    const client = await clientOf((_, response) =>
      response.end('{"type": 1}\n')
    );
    const [unread] = await linesOf(client);
    expect(unread.type).toBe('trouble');
    expect(unread.text).not.toBe('');
    server?.closeAllConnections();
    server?.close();
    expect(await linesOf(client)).toMatchObject([
      { type: 'trouble', text: expect.stringMatching(/./) as string }
    ]);
  });

  it('ends without a word when it is aborted, and closes the connection', async () => {
    const controller = new AbortController();
    const closed = new Promise<void>(resolve => {
      void clientOf((_, response) => {
        response.write('\n');
        response.on('close', resolve);
        setTimeout(() => controller.abort(), 20);
      }).then(async client => {
        expect(await linesOf(client, controller.signal)).toEqual([]);
      });
    });
    await closed;
  });
});

describe('the other routes', () => {
  it('are named as the contract says', async () => {
    const status = {
      state: 'downloading',
      detail: '',
      engine_why: '',
      stepped_down: '',
      model: { id: 'm', bytes: 1, present: false },
      pull: { model: 'm', done_bytes: 0, total_bytes: 1 },
      cloud: null,
      auto: null,
      server: null,
      index: null,
      learning: {
        eagerness: 'quiet',
        route: { above: 0.5, of: 'chance' },
        show: { above: 0.4, of: 'chance' }
      },
      totals: { shown: 3 },
      wrong_settings: [],
      locked: ['threads'],
      opt_outs_bind: ['exam'],
      snooze: { left_s: 90 }
    };
    const client = await clientOf((_, response) =>
      response.end(JSON.stringify(status))
    );
    await client.warm();
    await client.outcome({
      suggestion_id: 's',
      kind: 'moved',
      kept_chars: 0,
      shown_ms: 0
    });
    expect(await client.pull('m')).toEqual(status);
    expect(await client.cancelPull()).toEqual(status);
    expect(await client.status()).toEqual(status);
    expect(await client.snooze(15)).toEqual(status);
    expect(await client.snooze(0)).toEqual(status);
    expect(seen).toEqual([
      'POST /base/mccom/warm',
      'POST /base/mccom/outcome',
      'POST /base/mccom/pull',
      'DELETE /base/mccom/pull',
      'GET /base/mccom/status',
      'PUT /base/mccom/snooze',
      'DELETE /base/mccom/snooze'
    ]);
  });

  it('ask for settings and the last trace, and change settings', async () => {
    const answers: [route: string, answer: string][] = [
      ['/traces?last=1', '{"traces": []}'],
      ['/left', '{"left": []}'],
      ['/settings', '{"settings": {"threads": 1}, "locked": []}']
    ];
    const bodies: string[] = [];
    const client = await clientOf((request, response) => {
      request.on('data', part => bodies.push(String(part)));
      request.on('end', () =>
        response.end(
          answers.find(([route]) => request.url?.includes(route))?.[1]
        )
      );
    });
    const answer = { settings: { threads: 1 }, locked: [] };
    expect(await client.settings()).toEqual(answer);
    expect(await client.change({ threads: 1 })).toEqual(answer);
    expect(await client.lastTrace()).toBeNull();
    expect(await client.left()).toEqual([]);
    expect(bodies).toEqual(['{"threads":1}']);
    expect(seen).toEqual([
      'GET /base/mccom/settings',
      'PATCH /base/mccom/settings',
      'GET /base/mccom/traces',
      'GET /base/mccom/left'
    ]);
  });

  it('set up a cloud, and send a key nowhere but in a body', async () => {
    const bodies: string[] = [];
    const client = await clientOf((request, response) => {
      request.on('data', part => bodies.push(String(part)));
      request.on('end', () => {
        const route = request.url?.split('?')[0].split('/').pop();
        const name =
          { models: 'models', test: 'test' }[route ?? ''] ?? 'set_up';
        response.end(JSON.stringify(message(`cloud_${name}`)));
      });
    });
    const { signal } = new AbortController();
    const choice = message('cloud_put_request') as CloudChoice;
    const access = message('cloud_models_request') as CloudAccess;
    const setUp = message('cloud_set_up');
    expect(await client.clouds()).toEqual(setUp);
    expect(await client.cloudModels(access, signal)).toEqual([
      'gpt-4.1',
      'gpt-4.1-mini'
    ]);
    expect(await client.tryCloud(choice, signal)).toEqual(
      message('cloud_test')
    );
    expect(await client.saveCloud(choice)).toEqual(setUp);
    expect(await client.removeCloud('a/b')).toEqual(setUp);
    expect(bodies.map(body => JSON.parse(body) as unknown)).toEqual([
      access,
      choice,
      choice
    ]);
    expect(seen).toEqual([
      'GET /base/mccom/cloud',
      'POST /base/mccom/cloud/models',
      'POST /base/mccom/cloud/test',
      'PUT /base/mccom/cloud',
      'DELETE /base/mccom/cloud/a%2Fb'
    ]);
  });

  it('say what the server said when it refuses', async () => {
    const client = await clientOf((_, response) =>
      response.writeHead(409).end('{"message": "no space"}')
    );
    await expect(client.pull()).rejects.toThrow('no space');
    await expect(client.warm()).resolves.toBeUndefined();
  });

  it('say what to do when the server is away', async () => {
    const client = await clientOf((_, response) => response.end());
    server?.close();
    await expect(client.status()).rejects.toThrow('Jupyter server');
  });
});
