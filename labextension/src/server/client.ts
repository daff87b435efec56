/**
 * The only caller of the server's routes. Knows nothing of editors.
 */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IClient } from '../tokens';
import { cloudsFrom, modelsFrom, trialFrom } from './clouds';
import type { CloudAccess, CloudChoice, Clouds, Trial } from './clouds';
import { wordsOf } from './guards';
import type { Json } from './guards';
import { leftFrom } from './left';
import type { Left } from './left';
import { statusFrom } from './status';
import type { Status } from './status';
import { reportFrom, settingsFrom, tracesFrom } from './traces';
import type { ServerSettings, Trace } from './traces';
import { lineFrom } from './wire';
import type { CompleteRequest, Line, Outcome, Survival } from './wire';

/** Speaks with the Jupyter server that served the page. */
export class Client implements IClient {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _trans: TranslationBundle
  ) {}

  /** Streams the lines of one completion, in order. A refusal or a broken connection gives a `trouble` line. */
  async *complete(
    request: CompleteRequest,
    signal: AbortSignal
  ): AsyncGenerator<Line> {
    const trouble = (text: string): Line => ({
      type: 'trouble',
      request_id: request.request_id,
      text
    });
    try {
      const response = await this._request('complete', {
        method: 'POST',
        body: JSON.stringify(request),
        signal
      });
      if (!response.ok || !response.body) {
        yield trouble(await this._refusal(response));
        return;
      }
      for await (const value of ndjson(response.body.getReader())) {
        yield lineFrom(value);
      }
    } catch (error) {
      if (!signal.aborted) {
        yield trouble(this._failure(error));
      }
    }
  }

  /** Reports how a suggestion ended; never rejects. */
  async outcome(outcome: Outcome): Promise<void> {
    await this._send('outcome', JSON.stringify(outcome));
  }

  /** Reports how much of an accepted text is left; never rejects. */
  async survival(survival: Survival): Promise<void> {
    await this._send('survival', JSON.stringify(survival));
  }

  /** Asks the server to load the model and to read a position; never rejects. */
  async warm(request?: CompleteRequest, signal?: AbortSignal): Promise<void> {
    await this._send('warm', JSON.stringify(request ?? {}), { signal });
  }

  /** Starts the download of a model (without an id, the configured one). Rejects with a ResponseError when the server refuses. */
  async pull(model?: string): Promise<Status> {
    return this._status('pull', {
      method: 'POST',
      body: JSON.stringify(model ? { model } : {})
    });
  }

  /** Cancels the download. */
  async cancelPull(): Promise<Status> {
    return this._status('pull', { method: 'DELETE' });
  }

  /** Pauses suggestions for so many minutes, null: until the server restarts, 0: not at all. Rejects as `pull` does. */
  async snooze(minutes: number | null): Promise<Status> {
    return this._status(
      'snooze',
      minutes === 0
        ? { method: 'DELETE' }
        : { method: 'PUT', body: JSON.stringify({ minutes }) }
    );
  }

  /** Asks for the server's state. */
  async status(): Promise<Status> {
    return this._status('status', {});
  }

  /** Asks for the settings in force on the server. Rejects with a ResponseError when the server refuses. */
  async settings(): Promise<ServerSettings> {
    return settingsFrom(await this._json('settings', {}));
  }

  /** Changes settings, all or none. Rejects with a ResponseError when the server refuses. */
  async change(values: Json): Promise<ServerSettings> {
    const body = JSON.stringify(values);
    return settingsFrom(
      await this._json('settings', { method: 'PATCH', body })
    );
  }

  /** Asks for the trace of the last suggestion; null where none is kept. Rejects with a ResponseError when the server refuses. */
  async lastTrace(): Promise<Trace | null> {
    const traces = tracesFrom(await this._json('traces?last=1', {}));
    return traces[0] ?? null;
  }

  /** Has a report about a suggestion written. Rejects with a ResponseError when nothing is kept of it. */
  async report(
    suggestionId: string,
    request: CompleteRequest | null
  ): Promise<string> {
    const body = JSON.stringify({ suggestion_id: suggestionId, request });
    return reportFrom(await this._json('report', { method: 'POST', body }));
  }

  /** Asks what left the server's machine last. Rejects with a ResponseError when the server refuses. */
  async left(): Promise<Left[]> {
    return leftFrom(await this._json('left', {}));
  }

  /** Asks for the cloud in use and what can be added. Rejects with a ResponseError when the server refuses. */
  async clouds(): Promise<Clouds> {
    return cloudsFrom(await this._json('cloud', {}));
  }

  /** Asks for the names of a provider's models. Rejects with a ResponseError when there are none. */
  async cloudModels(
    access: CloudAccess,
    signal: AbortSignal
  ): Promise<string[]> {
    const body = JSON.stringify(access);
    const init = { method: 'POST', body, signal };
    return modelsFrom(await this._json('cloud/models', init));
  }

  /** Has one real completion made. Rejects with a ResponseError when there is none. */
  async tryCloud(choice: CloudChoice, signal: AbortSignal): Promise<Trial> {
    const body = JSON.stringify(choice);
    const init = { method: 'POST', body, signal };
    return trialFrom(await this._json('cloud/test', init));
  }

  /** Puts a cloud in use at once. Rejects with a ResponseError when the server refuses. */
  async saveCloud(choice: CloudChoice): Promise<Clouds> {
    const body = JSON.stringify(choice);
    return cloudsFrom(await this._json('cloud', { method: 'PUT', body }));
  }

  /** Removes a provider's cloud and its key. Rejects with a ResponseError when the server refuses. */
  async removeCloud(provider: string): Promise<Clouds> {
    const route = `cloud/${encodeURIComponent(provider)}`;
    return cloudsFrom(await this._json(route, { method: 'DELETE' }));
  }

  private async _status(route: string, init: RequestInit): Promise<Status> {
    return statusFrom(await this._json(route, init));
  }

  private async _json(route: string, init: RequestInit): Promise<unknown> {
    const response = await this._request(route, init).catch(
      (error: unknown) => {
        throw new Error(this._failure(error));
      }
    );
    if (!response.ok) {
      throw new ServerConnection.ResponseError(
        response,
        await this._refusal(response)
      );
    }
    return response.json();
  }

  /** A message that nobody waits for: when it is lost, the next request says the same. */
  private async _send(
    route: string,
    body: string,
    init: RequestInit = { keepalive: true }
  ): Promise<void> {
    try {
      await this._request(route, { method: 'POST', body, ...init });
    } catch {
      // The server is away, and the status item shows it; or it was aborted.
    }
  }

  private _request(route: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'mccom', route);
    return ServerConnection.makeRequest(url, init, this._settings);
  }

  /** Why there is no whole answer. */
  private _failure(error: unknown): string {
    return error instanceof ServerConnection.NetworkError
      ? this._trans.__(
          'The Jupyter server does not answer. Check that it still runs and that the network reaches it.'
        )
      : this._trans.__(
          'The answer of the Jupyter server could not be read (%1). Check that the server still runs.',
          wordsOf(error)
        );
  }

  /** Why the server refused, in its own words if it has any. */
  private async _refusal(response: Response): Promise<string> {
    const said: unknown = await response.json().catch(() => null);
    if (
      typeof said === 'object' &&
      said !== null &&
      'message' in said &&
      typeof said.message === 'string'
    ) {
      return said.message;
    }
    return this._trans.__(
      'The Jupyter server answered %1. Check that jupyter-mccom is enabled there.',
      response.status
    );
  }
}

/** Bytes → JSON values, one a line. Knows nothing of the wire; a cut may fall inside a line or inside a UTF-8 character. */
export async function* ndjson(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
}): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) {
      if (line.trim()) {
        yield JSON.parse(line);
      }
    }
    if (done) {
      return;
    }
  }
}
