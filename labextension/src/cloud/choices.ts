/**
 * What a person can choose from when a cloud is added. Pure.
 */

import type { CloudProvider, Clouds } from '../server/clouds';

/** What a person can choose as a provider: a kind of service, or a server that was found. */
export interface Choice {
  /** Unique among the choices. */
  id: string;
  provider: CloudProvider;
  name: string;
  /** Where the found server is; empty for a kind of service. */
  found: string;
  /** The models that the found server has. */
  models: string[];
}

/** What can be chosen: the servers that were found, then every kind of service. */
export function choicesOf(clouds: Clouds | null): Choice[] {
  const kinds = (clouds?.providers ?? []).map(provider => ({
    id: provider.id,
    provider,
    name: provider.name,
    found: '',
    models: []
  }));
  const found = (clouds?.found ?? []).flatMap(({ name, url, models, ...at }) =>
    kinds
      .filter(({ id }) => id === at.provider)
      .map(({ id, provider }) => ({
        id: `${id} ${url}`,
        provider,
        name,
        found: url,
        models
      }))
  );
  return [...found, ...kinds];
}

/** Scheme, host and port; empty for what is no address. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}
