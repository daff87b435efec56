/**
 * A trace in words: which model wrote the text, why that one, and from what. Pure.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Hit, Trace } from '../server/traces';
import { stageOf } from './messages';

/** Why a text came from where it came, or why there is none. */
export function reasonOf(reason: string, trans: TranslationBundle): string {
  switch (reason) {
    case 'sure':
      return trans.__('the local text was likely enough to be right');
    case 'unsure':
      return trans.__('the local text was not likely enough to be right');
    case 'unparsable':
      return trans.__('the local text would have broken the cell');
    case 'rejected':
      return trans.__('you typed something other than the local text');
    case 'asked':
      return trans.__('you asked for the cloud');
    case 'off':
      return trans.__('no cloud is asked here');
    case 'offline':
      return trans.__('the cloud or the local model could not be reached');
    case 'late':
      return trans.__('the time for an answer was over');
    case 'budget':
      return trans.__('the cloud calls of today are used up');
    case 'low':
      return trans.__('the local model was too unsure to show its text');
    case 'dismissed':
      return trans.__('you dismissed a suggestion on this line');
    case 'context':
      return trans.__('the same text stands in other places');
    case 'ungated':
      return trans.__('the model does not tell how sure it is');
    case 'again':
      return trans.__('you typed along with the suggestion before');
    default:
      return reason;
  }
}

/** A row of the panel's table. */
export type Row = [name: string, value: string];

/** What is known of a suggestion, what is unknown left out. */
export function rowsOf(trace: Trace, trans: TranslationBundle): Row[] {
  const { route, engines, draft, hits, stage_s: stages } = trace;
  const last = route.to === 'local' ? 0 : engines.length - 1; // a cloud that failed was asked after it
  const writer = engines[last] ?? '';
  const rows: Row[] = [
    [trans.__('Written by'), route.to === 'nothing' ? '' : writer],
    [trans.__('Why'), reasonOf(route.reason, trans)],
    [trans.__('Chance of being right'), percentOf(route.chance)],
    [trans.__('Confidence'), percentOf(route.confidence)],
    [trans.__('Context'), hits.map(placeOf).join(', ')],
    [trans.__('Draft taken'), draft ? draftOf(draft) : ''],
    [trans.__('Time'), timesOf(stages, trans)],
    [trans.__('Cloud'), trace.trouble]
  ];
  return rows.filter(([, value]) => value);
}

function percentOf(share: number | null): string {
  return share === null ? '' : `${Math.round(100 * share)} %`;
}

function placeOf({ source, first_line, last_line }: Hit): string {
  return `${source}:${first_line}–${last_line}`;
}

function draftOf({ offered, accepted }: NonNullable<Trace['draft']>): string {
  return `${accepted ?? '?'} / ${offered ?? '?'}`;
}

function timesOf(stage_s: Trace['stage_s'], trans: TranslationBundle): string {
  return Object.entries(stage_s)
    .map(([stage, s]) => `${stageOf(stage, trans)} ${Math.round(1000 * s)} ms`)
    .join(', ');
}
