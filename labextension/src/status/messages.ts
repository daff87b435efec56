/**
 * Every sentence about the state of completions and about a suggestion, in the person's language: from states, reasons
 * and figures of the server. Only what went wrong stays in the words of whoever says it. Pure.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  Auto,
  Cloud,
  Offered,
  State,
  Status,
  Threshold
} from '../server/status';
import type { Hit, Trace } from '../server/traces';

/** What a state means, and the next step where the person has one; `trouble` is what went wrong, if anything did. */
export function detailOf(
  state: State,
  status: Status | null,
  trouble: string,
  trans: TranslationBundle
): string {
  const model = status?.model.id ?? '';
  switch (state) {
    case 'off':
      return trans.__(
        'Completions are switched off. The panel switches them on.'
      );
    case 'get-model':
      return trans.__(
        'The model %1 is not on this machine yet. The panel downloads it.',
        model
      );
    case 'downloading':
      return trans.__('%1 is being downloaded.', status?.pull?.model ?? model);
    case 'measuring':
      return trans.__(
        'The speed of the models on this machine is being measured, once.'
      );
    case 'loading':
      return model ? trans.__('%1 is being loaded.', model) : '';
    case 'ready':
      return status ? readyOf(status, trans) : '';
    case 'trouble':
      return trouble;
  }
}

function readyOf(status: Status, trans: TranslationBundle): string {
  const { cloud, server, model } = status;
  if (cloud?.on) {
    const said = besideCloud(model.id, cloud, trans);
    return server?.leaves
      ? `${trans.__('Text around the cursor goes to %1.', server.url)} ${said}`
      : said;
  }
  return server?.leaves
    ? trans.__(
        '%1 answers; text around the cursor goes to %2.',
        model.id,
        server.url
      )
    : trans.__('%1 answers on this machine; nothing leaves it.', model.id);
}

function besideCloud(
  model: string,
  cloud: Cloud,
  trans: TranslationBundle
): string {
  const away = isPaused(cloud) && cloud.detail;
  if (away || cloud.trouble) {
    return trans.__('%1 answers alone: %2', model, away || cloud.trouble);
  }
  return cloud.spent
    ? trans.__(
        "%1 answers alone: today's cloud calls or tokens are used up. Tomorrow (UTC) the cloud is asked again. To allow more, raise MCCom.cloud_calls_a_day or MCCom.cloud_tokens_a_day.",
        model
      )
    : trans.__(
        '%1 answers first, and asks %2 when it is unsure.',
        model,
        cloud.model
      );
}

/** It is left alone for a while: it failed too often, or said so itself. The day's limits are another matter. */
export function isPaused(cloud: Cloud | null | undefined): boolean {
  return (
    cloud?.on === true &&
    !cloud.spent &&
    ['paused', 'limited'].includes(cloud.state)
  );
}

/** What leaves the machine for the cloud, and when. */
export function sentOf(cloud: Cloud, trans: TranslationBundle): string {
  const sent = trans.__(
    'Sent when the local model is unsure, when its text would break the cell, when you type something else, and when you ask: up to %1 tokens from around the cursor, other cells and project files.',
    cloud.prompt_tokens
  );
  const masked = trans.__(
    'Secrets are masked, and documents named in .mccomignore are never sent.'
  );
  return [sent, kernelOf(cloud, trans), masked].join(' ');
}

/** A sentence that says which names of the kernel are sent to the cloud. */
export function kernelOf(cloud: Cloud, trans: TranslationBundle): string {
  return cloud.kernel
    ? trans.__(
        'Names, types, shapes and columns from the kernel are sent too, never values.'
      )
    : trans.__('Nothing from the kernel is sent.');
}

/** Which texts of the local model are shown while a person types. */
export function gatesOf(status: Status, trans: TranslationBundle): string {
  const { eagerness, route, show } = status.learning;
  return [
    eagerness && trans.__('Eagerness: %1.', eagernessOf(eagerness, trans)),
    trans.__('Local text is shown above %1.', thresholdOf(show, trans)),
    status.cloud?.on &&
      trans.__('The cloud is not asked above %1.', thresholdOf(route, trans))
  ]
    .filter(Boolean)
    .join(' ');
}

function eagernessOf(name: string, trans: TranslationBundle): string {
  switch (name) {
    case 'quiet':
      return trans.__('quiet');
    case 'balanced':
      return trans.__('balanced');
    case 'eager':
      return trans.__('eager');
    default:
      return name;
  }
}

function thresholdOf(
  { above, of }: Threshold,
  trans: TranslationBundle
): string {
  const share = `${Math.round(100 * above)} %`;
  return of === 'chance'
    ? trans.__('a chance of being right of %1', share)
    : trans.__('a confidence of %1', share);
}

/** The rule by which `auto` chose. */
export function ruleOf(auto: Auto, trans: TranslationBundle): string {
  return auto.statement_s[auto.model] > auto.budget_s
    ? trans.__(
        'Chosen by measuring: no model on this machine writes a statement within %1 s, so the quickest is used.',
        auto.budget_s
      )
    : trans.__(
        'Chosen by measuring: the best model that writes a statement within %1 s here.',
        auto.budget_s
      );
}

/** What is gained by the model that `auto` offers, and what a statement takes with it. */
export function gainOf(offered: Offered, trans: TranslationBundle): string {
  if (offered.statement_s === null) {
    return trans.__('MLX is the engine for this machine.');
  }
  const seconds = offered.statement_s.toFixed(2);
  return offered.exact === null || offered.exact_now === null
    ? trans.__('Better text; about %1 s a statement here.', seconds)
    : trans.__(
        'Exactly right in %1 % of statements instead of %2 %; about %3 s a statement here.',
        Math.round(100 * offered.exact),
        Math.round(100 * offered.exact_now),
        seconds
      );
}

/** Why `auto` chose a model: a row for each that is known, the quickest first. */
export function autoOf(auto: Auto, trans: TranslationBundle): Row[] {
  const names = Object.keys(auto.statement_s);
  names.sort((one, other) => auto.statement_s[one] - auto.statement_s[other]);
  return names.map(name => [name, figureOf(name, auto, trans)]);
}

function figureOf(name: string, auto: Auto, trans: TranslationBundle): string {
  const seconds = auto.statement_s[name].toFixed(2);
  const cost =
    name in auto.measured
      ? trans.__('%1 s (measured)', seconds)
      : trans.__('%1 s (predicted)', seconds);
  const verdict = verdictOf(name, auto, trans);
  return verdict ? `${cost}, ${verdict}` : cost;
}

function verdictOf(name: string, auto: Auto, trans: TranslationBundle): string {
  if (name === auto.model) {
    return trans.__('chosen');
  }
  if (name === auto.offer) {
    return trans.__('better, but not downloaded');
  }
  if (auto.statement_s[name] > auto.budget_s) {
    return trans.__('too slow');
  }
  return auto.too_large.includes(name)
    ? trans.__('needs more memory than is free')
    : '';
}

/** A stage of a request. */
export function stageOf(stage: string, trans: TranslationBundle): string {
  switch (stage) {
    case 'prompt':
      return trans.__('context');
    case 'context':
      return trans.__('text from other places');
    case 'wait':
      return trans.__('wait for the model');
    case 'local':
      return trans.__('local model');
    case 'gates':
      return trans.__('gates');
    case 'cloud':
      return trans.__('cloud');
    case 'total':
      return trans.__('total');
    default:
      return stage;
  }
}

/** Why a text came from where it came, or why there is none. */
export function reasonOf(reason: string, trans: TranslationBundle): string {
  switch (reason) {
    case 'sure':
      return trans.__('the local text was likely enough to be right');
    case 'unsure':
      return trans.__('the local text was not likely enough to be right');
    case 'unparsable':
      return trans.__("the local text would have broken the cell's syntax");
    case 'rejected':
      return trans.__('you typed something other than the local text');
    case 'asked':
      return trans.__('you asked for the cloud');
    case 'off':
      return trans.__(
        'the cloud would have been asked, but none is configured for this document'
      );
    case 'offline':
      return trans.__('the cloud or the local model could not be reached');
    case 'late':
      return trans.__('the answer took too long');
    case 'budget':
      return trans.__("today's cloud calls or tokens are used up");
    case 'paused':
      return trans.__(
        'the cloud failed several times in a row and is left alone for a while'
      );
    case 'ahead':
      return trans.__(
        'the cloud was asked in advance, while you read the local text'
      );
    case 'low':
      return trans.__(
        'the local text was too unsure to be shown while you type'
      );
    case 'dismissed':
      return trans.__('you pressed Esc on this line');
    case 'context':
      return trans.__('the same text appears in other places');
    case 'ungated':
      return trans.__('the model does not report how sure it is');
    case 'no-infill':
      return trans.__(
        'the model wrote markers of its own instead of code: it has no fill-in-the-middle'
      );
    case 'again':
      return trans.__('you typed along with the previous suggestion');
    case 'path-off':
      return trans.__('completion is switched off in this document or folder');
    case 'notebook-off':
      return trans.__('this notebook opts out of completion');
    case 'cell-off':
      return trans.__(
        'this cell opts out of completion, by its tag no-completion'
      );
    case 'unread-off':
      return trans.__(
        "the server cannot read this notebook, whose opt-out binds; save it in the server's folder"
      );
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
    [trans.__('Draft accepted'), draft ? draftOf(draft) : ''],
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
