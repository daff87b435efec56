/**
 * The wire contract with `jupyter_mccom/server/wire.py`: types of what is sent, and a guard for what is received.
 * `tests/wire/*.json` are read by the tests of both languages. Knows nothing of HTTP.
 */

import { numberOrNull, object, oneOf, text } from './guards';

/** A cell of the open notebook. */
export interface Cell {
  cell_id: string;
  kind: 'code' | 'markdown' | 'raw';
  source: string;
  /** When the live kernel ran it: larger is later; null: it did not. */
  ran: number | null;
}

/** How the life of a suggestion ended. */
export type OutcomeKind =
  | 'accepted'
  | 'partial'
  | 'typed'
  | 'rejected'
  | 'dismissed'
  | 'moved'
  | 'superseded'
  | 'unseen';

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

/** Why a completion is asked for. */
export type Trigger = 'typing' | 'invoke' | 'ask';

/** How far a suggestion may go. */
export type Multiline = 'line' | 'statement' | 'block';

/** Who opts out of completion: nobody, the notebook by its metadata, or the cell by a tag. */
export type OptOut = 'none' | 'notebook' | 'cell';

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
  /** Left out: nobody looked, and the server reads the saved notebook. */
  opt_out?: OptOut;
  last: Outcome | null;
  deadline_s: number;
}

/** Where a text comes from and why. */
export interface Route {
  to: string;
  reason: string;
  confidence: number | null;
  /** The chance that the text is right, where the server's gates use it; null where they use the confidence. */
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
