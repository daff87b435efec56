/**
 * A cloud that is being added, tried or removed: what the person has chosen so far, and what the server said of it.
 * A key passes through and is never kept. Shows nothing itself.
 */

import { Signal } from '@lumino/signaling';
import type { AddedCloud, CloudChoice, Clouds, Trial } from '../server/clouds';
import { wordsOf } from '../server/guards';
import type { ICloudClient } from '../tokens';
import { choicesOf, originOf } from './choices';
import type { Choice } from './choices';

/** What is filled in, without the key. */
export interface Draft {
  /** Id of the choice. */
  choice: string;
  /** The address that the person gave; empty: the provider's own. */
  url: string;
  model: string;
  /** The model is named by the person, not chosen from the list. */
  named: boolean;
  /** The found server is to be the local model, not the cloud. */
  local: boolean;
}

/** Everything that the form shows. */
export interface View {
  /** Null until the server has told. */
  clouds: Clouds | null;
  /** The form is open. */
  open: boolean;
  draft: Draft;
  /** Models that the provider has named; empty before. */
  models: string[];
  busy: '' | 'list' | 'test' | 'save' | 'remove';
  trial: Trial | null;
  /** What went wrong last, in the server's words. */
  trouble: string;
  /** What was just done. */
  done: '' | 'saved' | 'removed';
  /** The provider of which the person was asked whether it is to be removed; empty without a question. */
  removing: string;
}

const EMPTY: Draft = {
  choice: '',
  url: '',
  model: '',
  named: false,
  local: false
};

/** What is said of the action before. */
const QUIET = { trouble: '', done: '', removing: '' } as const;

/** An empty form that does not show. */
const CLOSED = { open: false, draft: EMPTY, models: [], trial: null };

/** The state of the form. A page has one, so that what is filled in outlives the panel. */
export class CloudSetup {
  readonly changed = new Signal<this, void>(this);

  /** `live`: something else is in use from now on; `cloud`: it is a cloud, which was put in use. */
  constructor(
    private readonly _client: ICloudClient,
    private readonly _live: (cloud: boolean) => void
  ) {}

  /** What to show; never changed in place. */
  get view(): View {
    return this._view;
  }

  /** The choice that is made; null before the server has told of any. */
  get choice(): Choice | null {
    const { clouds, draft } = this._view;
    return choicesOf(clouds).find(({ id }) => id === draft.choice) ?? null;
  }

  /** What the server's configuration sets of the cloud that is chosen; empty where the person names it. */
  get fixed(): Clouds['fixed'] {
    const { clouds, draft } = this._view;
    return (!draft.local && clouds?.fixed) || { url: '', model: '' };
  }

  /** The key in the field was sent to another address than the one that is asked next. */
  get keyIsForAnother(): boolean {
    const origin = originOf(this._url);
    return this._sentTo !== '' && origin !== '' && origin !== this._sentTo;
  }

  /** Another key is in the field, or none: a trial of something else is dropped. */
  keyWritten(): void {
    this._sentTo = '';
    this.fill({});
  }

  /** A panel is opened: what was said in the one before is old. */
  begin(): void {
    if (!this._isBound) {
      this._set(QUIET);
    }
  }

  /** Asks the server what is set up and what can be. A server that does not tell shows no form. */
  async load(): Promise<void> {
    try {
      this._set({ clouds: await this._client.clouds() });
    } catch {
      return; // the status says why the server does not answer; what is filled in stays
    }
  }

  /** Opens the form: on the cloud in use, or on the first choice, which is a server that was found if one was. */
  open(): void {
    const { clouds, draft } = this._view;
    if (!clouds?.may_set_up) {
      return;
    }
    this._set({ ...QUIET, open: true });
    if (draft.choice) {
      return;
    }
    if (clouds.cloud) {
      this._edit(clouds.cloud);
    } else {
      this.choose(choicesOf(clouds)[0]?.id ?? '');
    }
  }

  /** Closes the form; what is under way for it is given up. */
  close(): void {
    if (!this._isBound) {
      this._sentTo = '';
      this._drop(CLOSED);
    }
  }

  /** Begins anew with another provider. */
  choose(id: string): void {
    const choice = choicesOf(this._view.clouds).find(one => one.id === id);
    if (!choice || this._isBound) {
      return;
    }
    this._sentTo = ''; // its field is a new one
    const { provider, models } = choice;
    const own = provider.needs_url ? '' : provider.example_model;
    const model = models[0] ?? own;
    const draft = { ...EMPTY, choice: id, model };
    this._drop({ draft, models });
    if (!models.length && !provider.needs_key && this._url) {
      void this.list('');
    }
  }

  /** Takes what the person filled in; a trial of something else is dropped. */
  fill(changes: Partial<Draft>): void {
    if (!this._isBound) {
      const draft = { ...this._view.draft, ...changes };
      const models = changes.url === undefined ? this._view.models : [];
      this._drop({ draft, models });
    }
  }

  /** Asks for the names of the models, where the provider tells them and its address is known. */
  async list(key: string): Promise<void> {
    const { choice } = this;
    const isBusy = this._isBound || this._view.busy === 'test';
    if (!choice?.provider.lists_models || !this._url || isBusy) {
      return;
    }
    const { provider, url } = this._request(key);
    await this._ask(
      'list',
      signal => this._client.cloudModels({ provider, url, key }, signal),
      models => ({ models, draft: this._among(models) })
    );
  }

  /** Has one real completion made. */
  async test(key: string): Promise<void> {
    if (this._isBound || this._view.busy === 'test') {
      return;
    }
    this._set({ trial: null });
    if (!this._model && !(await this._name(key))) {
      return;
    }
    await this._ask(
      'test',
      signal => this._client.tryCloud(this._request(key), signal),
      trial => ({ trial })
    );
  }

  /** Makes the choice live; the form closes when it is. */
  async save(key: string): Promise<void> {
    if (this._isBound) {
      return;
    }
    if (!this._model && !(await this._name(key))) {
      return;
    }
    const { local } = this._view.draft;
    const request = { ...this._request(key), ...(local && { local }) };
    await this._change('save', () => this._client.saveCloud(request), !local);
  }

  /** Asks whether a provider is to be removed; empty takes the question back. */
  askToRemove(removing: string): void {
    this._set({ ...QUIET, removing });
  }

  /** Removes what a provider is used for, and its keys. */
  async remove(provider: string): Promise<void> {
    if (!this._isBound) {
      await this._change('remove', () => this._client.removeCloud(provider));
    }
  }

  /** Something that lasts is under way. */
  private get _isBound(): boolean {
    return this._view.busy === 'save' || this._view.busy === 'remove';
  }

  /** Has a model named that the person did not name. False where that is said to be impossible, or asked anew. */
  private async _name(key: string): Promise<boolean> {
    await this.list(key);
    const { draft, trouble, busy } = this._view;
    return !!draft.model || (!trouble && !busy);
  }

  /** Where the choice is; empty while that is not known. */
  private get _url(): string {
    const { choice, _view: view } = this;
    const own = view.draft.url || (choice?.provider.url ?? '');
    return choice?.found || this.fixed.url || own;
  }

  /** The model that is asked; empty while that is not known. */
  private get _model(): string {
    return this.fixed.model || this._view.draft.model;
  }

  private _edit(cloud: AddedCloud): void {
    const choices = choicesOf(this._view.clouds);
    const choice = choices.find(
      ({ provider, found }) =>
        provider.id === cloud.provider && (!found || found === cloud.url)
    );
    const own = choice?.found || choice?.provider.url;
    this._drop({
      models: choice?.models ?? [],
      draft: {
        choice: choice?.id ?? '',
        url: cloud.url === own ? '' : cloud.url,
        model: cloud.model,
        named: true,
        local: false
      }
    });
    void this.list('');
  }

  private _request(key: string): CloudChoice {
    const { choice } = this;
    this._sentTo = key ? originOf(this._url) : this._sentTo;
    const { draft } = this._view;
    return {
      provider: choice?.provider.id ?? '',
      url: choice?.found || this.fixed.url || draft.url,
      model: this._model,
      key
    };
  }

  /** The draft, once these are known: a model that the provider lacks gives way to its first, unless it was named. */
  private _among(models: string[]): Draft {
    const { draft } = this._view;
    if (models.includes(draft.model)) {
      return { ...draft, named: false };
    }
    return models.length && !(draft.named && draft.model)
      ? { ...draft, model: models[0], named: false }
      : draft;
  }

  private _drop(changes: Partial<View>): void {
    this._asking.abort();
    this._set({ ...QUIET, busy: '', trial: null, ...changes });
  }

  private async _change(
    busy: 'save' | 'remove',
    ask: () => Promise<Clouds>,
    cloud = false
  ): Promise<void> {
    const done = busy === 'save' ? 'saved' : 'removed';
    await this._ask(busy, ask, clouds => ({ clouds, done, ...CLOSED }));
    if (this._view.done) {
      this._live(cloud);
    }
  }

  /** One question at a time: what was asked before is given up, and its answer not looked at. */
  private async _ask<T>(
    busy: View['busy'],
    ask: (signal: AbortSignal) => Promise<T>,
    taken: (answer: T) => Partial<View>
  ): Promise<void> {
    this._asking.abort();
    const { signal } = (this._asking = new AbortController());
    this._set({ ...QUIET, busy });
    const said = await ask(signal).then(taken, (error: unknown) => ({
      trouble: wordsOf(error)
    }));
    if (!signal.aborted) {
      this._set({ busy: '', ...said });
    }
  }

  private _set(changes: Partial<View>): void {
    this._view = { ...this._view, ...changes };
    this.changed.emit();
  }

  private _view: View = {
    ...QUIET,
    clouds: null,
    open: false,
    draft: EMPTY,
    models: [],
    busy: '',
    trial: null
  };
  private _asking = new AbortController();
  /** Scheme, host and port to which a key that was given here went; empty: to none. */
  private _sentTo = '';
}
