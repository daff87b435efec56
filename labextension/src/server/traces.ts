/**
 * What the server tells when it is asked for its settings and its traces. Guards as in `wire.ts`.
 */

import { list, number, numberOrNull, object, strings, text } from './guards';
import type { Json } from './guards';
import type { Route } from './wire';

/** Answer of `GET` and `PATCH mccom/settings`: what a person may set, and what of it the server has fixed. */
export interface ServerSettings {
  settings: Json;
  locked: string[];
}

/** A piece of context that stood in the prompt; lines count from 1. */
export interface Hit {
  source: string;
  first_line: number;
  last_line: number;
  /** 0..1 */
  score: number;
}

/** What is known of one suggestion, as far as the front end reads it. */
export interface Trace {
  suggestion_id: string;
  text: string;
  route: Route;
  /** Engines in the order in which they were asked. */
  engines: string[];
  /** Tokens of the draft that the cloud was given and took; null where that is not told. */
  draft: { offered: number | null; accepted: number | null } | null;
  /** Why the cloud failed; empty when it did not. */
  trouble: string;
  hits: Hit[];
  stage_s: Record<string, number>;
}

/** Turns a parsed answer into ServerSettings. Throws TypeError when it is none. */
export function settingsFrom(value: unknown): ServerSettings {
  const body = object(value, 'settings');
  return {
    settings: object(body.settings, 'settings'),
    locked: strings(body, 'locked')
  };
}

/** Turns a parsed answer into Traces. Throws TypeError when it is none. */
export function tracesFrom(value: unknown): Trace[] {
  return list(object(value, 'traces'), 'traces').map(traceFrom);
}

/** Turns a parsed answer into the text of a report. Throws TypeError when it is none. */
export function reportFrom(value: unknown): string {
  return text(object(value, 'report'), 'report');
}

function traceFrom(value: unknown): Trace {
  const body = object(value, 'trace');
  const route = object(body.route, 'route');
  const stages = object(body.stage_s, 'stage_s');
  const draft = body.draft === null ? null : object(body.draft, 'draft');
  return {
    suggestion_id: text(body, 'suggestion_id'),
    text: text(body, 'text'),
    route: {
      to: text(route, 'to'),
      reason: text(route, 'reason'),
      confidence: numberOrNull(route, 'confidence'),
      chance: numberOrNull(route, 'chance')
    },
    engines: list(body, 'generations').map(item =>
      text(object(item, 'generation'), 'engine')
    ),
    draft: draft && {
      offered: numberOrNull(draft, 'offered'),
      accepted: numberOrNull(draft, 'accepted')
    },
    trouble: text(body, 'trouble'),
    hits: list(body, 'hits').map(hitFrom),
    stage_s: Object.fromEntries(
      Object.keys(stages).map(name => [name, number(stages, name)])
    )
  };
}

function hitFrom(value: unknown): Hit {
  const hit = object(value, 'hit');
  const chunk = object(hit.chunk, 'chunk');
  return {
    source: text(chunk, 'source'),
    first_line: number(chunk, 'first_line'),
    last_line: number(chunk, 'last_line'),
    score: number(hit, 'score')
  };
}
