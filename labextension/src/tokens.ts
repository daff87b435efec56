/**
 * Ids and interfaces that the folders share. No logic; imports nothing of ours but the types of messages.
 */

import type { ISignal } from '@lumino/signaling';
import type { CloudAccess, CloudChoice, Clouds, Trial } from './server/clouds';
import type { Json } from './server/guards';
import type { Left } from './server/left';
import type { Status } from './server/status';
import type { ServerSettings, Trace } from './server/traces';
import type {
  CompleteRequest,
  Line,
  Outcome,
  Survival,
  TextLine
} from './server/wire';

/** Identifier of our inline provider in JupyterLab's settings. */
export const PROVIDER_ID = 'jupyter-mccom';

/** Our plugin's settings id. */
export const PLUGIN_ID = 'jupyter-mccom:plugin';

/** Ids of our commands. */
export const Commands = {
  dismiss: 'mccom:dismiss',
  toggle: 'mccom:toggle',
  toggleCloud: 'mccom:toggle-cloud',
  pull: 'mccom:pull',
  cancelPull: 'mccom:cancel-pull',
  ask: 'mccom:ask',
  snooze: 'mccom:snooze',
  endSnooze: 'mccom:end-snooze',
  panel: 'mccom:panel',
  addCloud: 'mccom:add-cloud',
  settings: 'mccom:settings',
  why: 'mccom:why'
} as const;

/** Why nothing is asked in a document, not even by hand. */
export type Off = 'path' | 'language' | 'notebook' | 'cell';

/** Why nothing is completed in a text that no person wrote. */
export type Unreadable = 'large' | 'minified';

/** Why nothing is completed where the person is. */
export interface IOffHere {
  why: Off | Unreadable;
  /** Only the administrator of the server can undo it. */
  binds: boolean;
  language: string;
}

/** What the front end asks of the server to set up a cloud. Each rejects with the server's words when it refuses. */
export interface ICloudClient {
  /** The cloud in use, and what can be added. */
  clouds(): Promise<Clouds>;
  /** The names of a provider's models. */
  cloudModels(access: CloudAccess, signal: AbortSignal): Promise<string[]>;
  /** One real completion. */
  tryCloud(choice: CloudChoice, signal: AbortSignal): Promise<Trial>;
  /** Makes it live. */
  saveCloud(choice: CloudChoice): Promise<Clouds>;
  /** Removes a provider's cloud and its key. */
  removeCloud(provider: string): Promise<Clouds>;
}

/** What the front end asks of the server; `client.ts` is the one implementation that speaks HTTP. */
export interface IClient extends ICloudClient {
  /** Lines of one completion, in order. Aborting ends the iteration without an error. */
  complete(request: CompleteRequest, signal: AbortSignal): AsyncIterable<Line>;
  /** Reports how a suggestion ended; never rejects. */
  outcome(outcome: Outcome): Promise<void>;
  /** Reports how much of an accepted text still stands; never rejects. */
  survival(survival: Survival): Promise<void>;
  /** Asks the server to load the model and to read the position of a request; never rejects, ends when aborted. */
  warm(request?: CompleteRequest, signal?: AbortSignal): Promise<void>;
  /** Starts the download of a model (the configured one without an id). */
  pull(model?: string): Promise<Status>;
  /** Cancels the download. */
  cancelPull(): Promise<Status>;
  /** Pauses suggestions for so many minutes; null: until the server restarts, 0: not at all. */
  snooze(minutes: number | null): Promise<Status>;
  /** The server's state. */
  status(): Promise<Status>;
  /** The settings in force there. */
  settings(): Promise<ServerSettings>;
  /** Changes settings, all or none. */
  change(values: Json): Promise<ServerSettings>;
  /** The trace of the last suggestion; null where none is kept. */
  lastTrace(): Promise<Trace | null>;
  /** A report about a suggestion, without secrets; `request` is what was asked for it, if this page asked. */
  report(
    suggestionId: string,
    request: CompleteRequest | null
  ): Promise<string>;
  /** What left the server's machine last, oldest first. */
  left(): Promise<Left[]>;
}

/** What the status item shows; troubles of completions are reported here. */
export interface IStatusModel {
  /** Last known state of the server; null before the first answer. */
  readonly status: Status | null;
  /** True while completions are switched on. */
  readonly enabled: boolean;
  /** Nothing is suggested unasked for now. */
  readonly snoozed: boolean;
  /** Emitted when anything above changed. */
  readonly changed: ISignal<IStatusModel, void>;
  /** A completion failed with this message. */
  report(trouble: string): void;
  /** A completion was answered by this line, which may hold no text. */
  answered(line: TextLine): void;
}
