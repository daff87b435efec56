/**
 * The wire contract with `server/wire.py`: types, and guards that turn unknown JSON into them.
 * `tests/wire/*.json` are read by the tests of both languages. Knows nothing of HTTP.
 */

import { number, numberOrNull, object, oneOf, text } from './guards';

const KINDS = ['code', 'markdown', 'raw'] as const;
/** A cell of the open notebook. */
export interface Cell {
  cell_id: string;
  kind: (typeof KINDS)[number];
  source: string;
  /** When the live kernel ran it: larger is later; null: it did not. */
  ran: number | null;
}

const OUTCOMES = [
  'accepted',
  'partial',
  'typed',
  'rejected',
  'dismissed',
  'moved',
  'superseded',
  'unseen'
] as const;
/** How the life of a suggestion ended. */
export type OutcomeKind = (typeof OUTCOMES)[number];

/** Body of `POST mccom/outcome`; `shown_ms` counts from the first paint. */
export interface Outcome {
  suggestion_id: string;
  kind: OutcomeKind;
  kept_chars: number;
  shown_ms: number;
}

/** Body of `POST mccom/survival`: of so many characters that were accepted, how many still stand some time after. */
export interface Survival {
  suggestion_id: string;
  after_s: 30 | 300;
  kept_chars: number;
  of_chars: number;
}

const TRIGGERS = ['typing', 'invoke', 'ask'] as const;
/** Why a completion is asked for. */
export type Trigger = (typeof TRIGGERS)[number];

const MULTILINES = ['line', 'statement', 'block'] as const;
/** How far a suggestion may go. */
export type Multiline = (typeof MULTILINES)[number];

/** Body of `POST mccom/complete`. */
export interface CompleteRequest {
  client_id: string;
  request_id: string;
  document: string;
  cell_id: string;
  language: string;
  prefix: string;
  suffix: string;
  cells_before: Cell[];
  cells_after: Cell[];
  /** Cells above `cells_before`, too far to be sent; left out: none. */
  n_cells_above?: number;
  trigger: Trigger;
  /** Left out: as the server is set. */
  multiline?: Multiline;
  last: Outcome | null;
  deadline_s: number;
}

/** Where a text comes from and why. */
export interface Route {
  to: string;
  reason: string;
  confidence: number | null;
  /** Of being right, where the server's gates go by that; null where they go by the confidence. */
  chance: number | null;
}

/** A line of an answer with the full text so far; empty in a `final` line: there is nothing to show. */
export interface TextLine {
  type: 'text' | 'final';
  request_id: string;
  suggestion_id: string;
  text: string;
  origin: string;
  route: Route;
}

/** The line that ends a failed answer; `text` is a message with its next step. */
export interface TroubleLine {
  type: 'trouble';
  request_id: string;
  text: string;
}

/** One NDJSON line of an answer. */
export type Line = TextLine | TroubleLine;

/** Turns a parsed NDJSON line into a Line. Throws TypeError when it is none. */
export function lineFrom(value: unknown): Line {
  const body = object(value, 'line');
  const type = oneOf(body, 'type', ['text', 'final', 'trouble'] as const);
  const request_id = text(body, 'request_id');
  if (type === 'trouble') {
    return { type, request_id, text: text(body, 'text') };
  }
  const route = object(body.route, 'route');
  return {
    type,
    request_id,
    suggestion_id: text(body, 'suggestion_id'),
    text: text(body, 'text'),
    origin: text(body, 'origin'),
    route: {
      to: text(route, 'to'),
      reason: text(route, 'reason'),
      confidence: numberOrNull(route, 'confidence'),
      chance: numberOrNull(route, 'chance')
    }
  };
}

/** Turns a parsed object into an Outcome. Throws TypeError when it is none. */
export function outcomeFrom(value: unknown): Outcome {
  const body = object(value, 'outcome');
  return {
    suggestion_id: text(body, 'suggestion_id'),
    kind: oneOf(body, 'kind', OUTCOMES),
    kept_chars: number(body, 'kept_chars'),
    shown_ms: number(body, 'shown_ms')
  };
}

/** Turns a parsed object into a Survival. Throws TypeError when it is none. */
export function survivalFrom(value: unknown): Survival {
  const body = object(value, 'survival');
  return {
    suggestion_id: text(body, 'suggestion_id'),
    after_s: number(body, 'after_s') === 30 ? 30 : 300,
    kept_chars: number(body, 'kept_chars'),
    of_chars: number(body, 'of_chars')
  };
}

/** Turns a parsed body of `POST mccom/complete` into a CompleteRequest. Throws TypeError when it is none. */
export function requestFrom(value: unknown): CompleteRequest {
  const body = object(value, 'request');
  return {
    client_id: text(body, 'client_id'),
    request_id: text(body, 'request_id'),
    document: text(body, 'document'),
    cell_id: text({ cell_id: '', ...body }, 'cell_id'),
    language: text(body, 'language'),
    prefix: text(body, 'prefix'),
    suffix: text(body, 'suffix'),
    cells_before: cells(body.cells_before ?? [], 'cells_before'),
    cells_after: cells(body.cells_after ?? [], 'cells_after'),
    n_cells_above:
      body.n_cells_above === undefined
        ? undefined
        : number(body, 'n_cells_above'),
    trigger: oneOf({ trigger: 'typing', ...body }, 'trigger', TRIGGERS),
    multiline:
      body.multiline === undefined
        ? undefined
        : oneOf(body, 'multiline', MULTILINES),
    last: body.last ? outcomeFrom(body.last) : null,
    deadline_s: number({ deadline_s: 30, ...body }, 'deadline_s')
  };
}

function cells(value: unknown, what: string): Cell[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`${what} is not a list`);
  }
  return value.map(item => {
    const body = object(item, 'cell');
    return {
      cell_id: text(body, 'cell_id'),
      kind: oneOf(body, 'kind', KINDS),
      source: text(body, 'source'),
      ran: typeof body.ran === 'number' ? body.ran : null
    };
  });
}
