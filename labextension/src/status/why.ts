/**
 * Sentences of one line that answer a "why": why nothing comes where the person is, and who wrote what they see. Pure.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Status } from '../server/status';
import type { Route } from '../server/wire';
import type { IOffHere } from '../tokens';
import { reasonOf } from './messages';

/** Why nothing comes where the person is, and what ends that. */
export function offHereOf(off: IOffHere, trans: TranslationBundle): string {
  const reason = offReasonOf(off, trans);
  const undo = off.binds
    ? trans.__('Only the administrator of the server can change that.')
    : undoOf(off, trans);
  return [trans.__('Nothing comes here: %1.', reason), undo].join(' ');
}

function offReasonOf({ why }: IOffHere, trans: TranslationBundle): string {
  switch (why) {
    case 'language':
      return trans.__('completion is switched off in this language');
    case 'large':
      return trans.__('this text has more than a million characters');
    case 'minified':
      return trans.__(
        'the lines of this text are very long, as in minified code or data'
      );
    default:
      return reasonOf(`${why}-off`, trans);
  }
}

function undoOf({ why, language }: IOffHere, trans: TranslationBundle): string {
  switch (why) {
    case 'notebook':
      return trans.__(
        'The command “Complete in This Notebook, for Everyone” ends that.'
      );
    case 'cell':
      return trans.__(
        'The command “Complete in This Cell, for Everyone” ends that.'
      );
    case 'path':
      return trans.__(
        'The command “Complete in This Document” or “Complete in This Folder” ends that.'
      );
    case 'language':
      return trans.__('The command “Complete %1” ends that.', language);
    case 'large':
    case 'minified':
      return trans.__('Other cells and files are completed.');
  }
}

/** Who wrote a suggestion, and how likely it is right. Of a cloud's text no chance is known. */
export function whoOf(
  { to, reason, chance, confidence }: Route,
  status: Status | null,
  trans: TranslationBundle
): string {
  if (to === 'cloud') {
    const model = status?.cloud?.model ?? trans.__('the cloud');
    return trans.__('By %1 (cloud): %2', model, reasonOf(reason, trans));
  }
  const model = status?.model.id ?? trans.__('the local model');
  const where = status?.server?.leaves ? status.server.url : '';
  const writer = where
    ? trans.__('By %1 at %2', model, where)
    : trans.__('By %1 on this machine', model);
  return trans.__('%1: %2', writer, likelyOf(chance, confidence, trans));
}

function likelyOf(
  chance: number | null,
  confidence: number | null,
  trans: TranslationBundle
): string {
  if (chance !== null) {
    return trans.__('%1 % likely to be right', Math.round(100 * chance));
  }
  return confidence === null
    ? reasonOf('ungated', trans)
    : trans.__('%1 % sure of its first words', Math.round(100 * confidence));
}
