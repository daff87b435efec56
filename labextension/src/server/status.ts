/**
 * What the server tells of its state. Guards as in `wire.ts`.
 */

import { number, numberOrNull, object, oneOf, strings, text } from './guards';
import type { Json } from './guards';

const CLOUD_STATES = ['ready', 'paused', 'limited', 'off'] as const;
const STATES = [
  'off',
  'get-model',
  'downloading',
  'measuring',
  'loading',
  'ready',
  'trouble'
] as const;
/** What the status item shows. */
export type State = (typeof STATES)[number];

/** Answer of `GET mccom/status`, as far as the front end reads it. */
export interface Status {
  state: State;
  /** What the server says of it, in English; the page has its own words for all but trouble. */
  detail: string;
  /** Why llama.cpp runs the model where MLX was to be expected; empty where it was not. */
  engine_why: string;
  /** What is used instead of what while the machine is to be spared; empty while it is not. */
  stepped_down: string;
  model: { id: string; bytes: number; present: boolean };
  pull: { model: string; done_bytes: number; total_bytes: number } | null;
  cloud: Cloud | null;
  /** Why this model was chosen; null unless it was. */
  auto: Auto | null;
  /** Somebody else's server as the local tier; null without one. */
  server: { url: string; leaves: boolean } | null;
  /** What of the project is not searched, and why; null where nothing is searched. */
  index: { detail: string } | null;
  learning: Learning;
  /** Texts that were shown since the server started. */
  totals: { shown: number };
  /** A line for each setting that the server's configuration has wrong, in the server's words. */
  wrong_settings: string[];
  /** Settings that the administrator of the server has fixed. */
  locked: string[];
  /** Paths in which the opt-outs of notebooks and cells bind. */
  opt_outs_bind: string[];
  /** Nothing is suggested unasked for so many seconds, null: until the server restarts; null without such a pause. */
  snooze: { left_s: number | null } | null;
}

/** The value above which a local text is shown, 0..1. */
export interface Threshold {
  above: number;
  /** `chance`: that of being right; `confidence`: the mean probability of the first tokens. */
  of: 'chance' | 'confidence';
}

/** The thresholds in force. */
export interface Learning {
  /** Null where the person has set both thresholds. */
  eagerness: string | null;
  /** Without asking the cloud. */
  route: Threshold;
  /** The value above which a local text is shown at all. */
  show: Threshold;
}

/** A download that `auto` offers. */
export interface Offered {
  name: string;
  bytes: number;
  /** Seconds a statement, expected; null where nothing measured tells. */
  statement_s: number | null;
  /** Share of statements that it writes exactly; null where nobody has measured it. */
  exact: number | null;
  /** The same of the model in use. */
  exact_now: number | null;
}

/** What `auto` chose, and the figures: seconds a statement, warm, by model. */
export interface Auto {
  model: string;
  /** A better model that would have to be downloaded; null without one. */
  offer: string | null;
  /** Its size, and what is expected of it; null without one. */
  offered: Offered | null;
  budget_s: number;
  /** Models that would be quick enough and do not fit the memory. */
  too_large: string[];
  /** Figures of the models that were measured; the others are predicted from them. */
  measured: Json;
  statement_s: Record<string, number>;
}

/** The large model that the server may ask. */
export interface Cloud {
  /** Who offers it, for people. */
  name: string;
  model: string;
  url: string;
  /** Most tokens of a prompt that is sent. */
  prompt_tokens: number;
  /** What the kernel holds may stand in such a prompt. */
  kernel: boolean;
  /** True when the cloud may be asked. */
  on: boolean;
  /** Cloud calls that are left today (UTC); null: no limit. */
  calls_left: number | null;
  /** True when the calls or tokens of today are used up. */
  spent: boolean;
  /** Requests of today that needed no call. */
  calls_saved: number;
  /** Why its newest call failed; empty when it did not. */
  trouble: string;
  /** `paused`: it failed too often and is left alone for a while; `limited`: it asked for that itself. */
  state: (typeof CLOUD_STATES)[number];
  /** Why, and until when, in the server's words. */
  detail: string;
}

/** Turns a parsed answer into a Status. Throws TypeError when it is none. */
export function statusFrom(value: unknown): Status {
  const body = object(value, 'status');
  const model = object(body.model, 'model');
  const pull = body.pull === null ? null : object(body.pull, 'pull');
  const cloud = body.cloud === null ? null : object(body.cloud, 'cloud');
  const server = body.server === null ? null : object(body.server, 'server');
  const snooze = body.snooze === null ? null : object(body.snooze, 'snooze');
  const index = body.index === null ? null : object(body.index, 'index');
  return {
    state: oneOf(body, 'state', STATES),
    detail: text(body, 'detail'),
    engine_why: text(body, 'engine_why'),
    stepped_down: text(body, 'stepped_down'),
    model: {
      id: text(model, 'id'),
      bytes: number(model, 'bytes'),
      present: model.present === true
    },
    pull: pull && {
      model: text(pull, 'model'),
      done_bytes: number(pull, 'done_bytes'),
      total_bytes: number(pull, 'total_bytes')
    },
    cloud: cloud && {
      name: text(cloud, 'name'),
      model: text(cloud, 'model'),
      url: text(cloud, 'url'),
      prompt_tokens: number(cloud, 'prompt_tokens'),
      kernel: cloud.kernel === true,
      on: cloud.on === true,
      calls_left: numberOrNull(cloud, 'calls_left'),
      spent: cloud.spent === true,
      calls_saved: number(cloud, 'calls_saved'),
      trouble: text(cloud, 'trouble'),
      state: oneOf(cloud, 'state', CLOUD_STATES),
      detail: text(cloud, 'detail')
    },
    auto: body.auto === null ? null : autoFrom(object(body.auto, 'auto')),
    server: server && {
      url: text(server, 'url'),
      leaves: server.leaves === true
    },
    index: index && { detail: text(index, 'detail') },
    learning: learningFrom(object(body.learning, 'learning')),
    totals: { shown: number(object(body.totals, 'totals'), 'shown') },
    wrong_settings: strings(body, 'wrong_settings'),
    locked: strings(body, 'locked'),
    opt_outs_bind: strings(body, 'opt_outs_bind'),
    snooze: snooze && { left_s: numberOrNull(snooze, 'left_s') }
  };
}

function learningFrom(learning: Json): Learning {
  return {
    eagerness: learning.eagerness === null ? null : text(learning, 'eagerness'),
    route: thresholdFrom(object(learning.route, 'route')),
    show: thresholdFrom(object(learning.show, 'show'))
  };
}

function thresholdFrom(threshold: Json): Threshold {
  return {
    above: number(threshold, 'above'),
    of: oneOf(threshold, 'of', ['chance', 'confidence'] as const)
  };
}

function offeredFrom(auto: Json): Offered {
  const offered = object(auto.offered, 'offered');
  return {
    name: text(offered, 'name'),
    bytes: number(offered, 'n_bytes'),
    statement_s: numberOrNull(offered, 'statement_s'),
    exact: numberOrNull(offered, 'exact_match'),
    exact_now: numberOrNull(offered, 'exact_match_now')
  };
}

function autoFrom(auto: Json): Auto {
  const seconds = object(auto.statement_s, 'statement_s');
  return {
    model: text(auto, 'model'),
    offer: typeof auto.offer === 'string' ? auto.offer : null,
    offered: auto.offered === null ? null : offeredFrom(auto),
    budget_s: number(auto, 'budget_s'),
    too_large: strings(auto, 'too_large'),
    measured: object(auto.measured, 'measured'),
    statement_s: Object.fromEntries(
      Object.keys(seconds).map(name => [name, number(seconds, name)])
    )
  };
}
