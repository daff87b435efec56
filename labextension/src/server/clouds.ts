/**
 * What the page and the server say to each other while a cloud is set up. Guards as in `wire.ts`. A key is sent and never
 * comes back.
 */

import { list, number, object, oneOf, strings, text } from './guards';
import type { Json } from './guards';

const PLACES = ['keyring', 'file', 'environment', 'none'] as const;
const OWNERS = ['person', 'administrator'] as const;

/** A kind of service whose models can be added. */
export interface CloudProvider {
  id: string;
  name: string;
  /** Its address; empty where the person has to name one. */
  url: string;
  needs_url: boolean;
  needs_key: boolean;
  /** It tells which models it has. */
  lists_models: boolean;
  example_model: string;
  /** How it checks a draft; empty where it checks none. */
  draft: string;
}

/** A server with models that runs on the machine of the Jupyter server. */
export interface FoundServer {
  provider: string;
  name: string;
  url: string;
  models: string[];
}

/** A model and who offers it. */
export interface NamedServer {
  provider: string;
  /** For people. */
  name: string;
  url: string;
  model: string;
}

/** The cloud that is in use. */
export interface AddedCloud extends NamedServer {
  has_key: boolean;
  key_place: (typeof PLACES)[number];
  /** Only what a person has added can be changed from the page. */
  by: (typeof OWNERS)[number];
}

/** Answer of `GET` and `PUT mccom/cloud` and of `DELETE mccom/cloud/PROVIDER`. */
export interface Clouds {
  cloud: AddedCloud | null;
  /** A server of this machine that the person uses as the local model; null without one. */
  local: NamedServer | null;
  may_set_up: boolean;
  /** Why it cannot be set up from here, in the server's words; empty where it can. */
  why_not: string;
  /** What the server's configuration sets of each cloud that is added here; what is empty the person names. */
  fixed: { url: string; model: string };
  /** What is wrong with what is set up; empty when nothing is. */
  trouble: string;
  providers: CloudProvider[];
  found: FoundServer[];
  /** What leaves the machine once a cloud is in use. */
  consent: string;
}

/** Body of `POST mccom/cloud/models`. An empty `url` is the provider's own, an empty `key` the one that is kept. */
export interface CloudAccess {
  provider: string;
  url: string;
  key: string;
}

/** Body of `POST mccom/cloud/test` and of `PUT mccom/cloud`. */
export interface CloudChoice extends CloudAccess {
  model: string;
  /** The server is to be the local model, not the cloud. Left out: false. */
  local?: boolean;
}

/** What came of one real completion. */
export interface Trial {
  text: string;
  seconds: number;
  model: string;
  checks_drafts: boolean;
  /** What else the person should know; may be empty. */
  note: string;
}

/** Turns a parsed answer into Clouds. Throws TypeError when it is none. */
export function cloudsFrom(value: unknown): Clouds {
  const body = object(value, 'clouds');
  const fixed = object(body.fixed, 'fixed');
  return {
    cloud: body.cloud === null ? null : cloudFrom(body.cloud),
    local: body.local === null ? null : namedFrom(object(body.local, 'local')),
    may_set_up: body.may_set_up === true,
    why_not: text(body, 'why_not'),
    fixed: { url: text(fixed, 'url'), model: text(fixed, 'model') },
    trouble: text(body, 'trouble'),
    providers: list(body, 'providers').map(providerFrom),
    found: list(body, 'found').map(foundFrom),
    consent: text(body, 'consent')
  };
}

/** Turns a parsed answer into the names of models. Throws TypeError when it is none. */
export function modelsFrom(value: unknown): string[] {
  return strings(object(value, 'models'), 'models');
}

/** Turns a parsed answer into a Trial. Throws TypeError when it is none. */
export function trialFrom(value: unknown): Trial {
  const body = object(value, 'trial');
  return {
    text: text(body, 'text'),
    seconds: number(body, 'seconds'),
    model: text(body, 'model'),
    checks_drafts: body.checks_drafts === true,
    note: text(body, 'note')
  };
}

function cloudFrom(value: unknown): AddedCloud {
  const body = object(value, 'cloud');
  return {
    ...namedFrom(body),
    has_key: body.has_key === true,
    key_place: oneOf(body, 'key_place', PLACES),
    by: oneOf(body, 'by', OWNERS)
  };
}

function namedFrom(body: Json): NamedServer {
  return {
    provider: text(body, 'provider'),
    name: text(body, 'name'),
    url: text(body, 'url'),
    model: text(body, 'model')
  };
}

function providerFrom(value: unknown): CloudProvider {
  const body = object(value, 'provider');
  return {
    id: text(body, 'id'),
    name: text(body, 'name'),
    url: text(body, 'url'),
    needs_url: body.needs_url === true,
    needs_key: body.needs_key === true,
    lists_models: body.lists_models === true,
    example_model: text(body, 'example_model'),
    draft: text(body, 'draft')
  };
}

function foundFrom(value: unknown): FoundServer {
  const body = object(value, 'found');
  return {
    provider: text(body, 'provider'),
    name: text(body, 'name'),
    url: text(body, 'url'),
    models: strings(body, 'models')
  };
}
