/**
 * One open document, as the page completes in it: what is asked, what was answered, what became of that, and which
 * lines are left in peace. Start here. Knows nothing of HTTP or of how a suggestion is painted.
 */

import { Anchor, typedSince } from '../outcomes/anchor';
import type { IOffer, ISuggested } from '../outcomes/offers';
import { Outcomes } from '../outcomes/outcomes';
import { Survivals } from '../outcomes/survival';
import type { Line, Outcome, Survival, TextLine } from '../server/wire';
import type { ISettings } from '../settings/settings';
import type { Asked } from './context';
import { Dismissals, isEmptyCell, silence } from './trigger';

/** More documents than a person works in at a time. */
const MOST_DOCUMENTS = 50;

/** A question, from the key that asks it until a newer one of the document takes its place. */
export interface IQuestion {
  readonly asked: Asked;
  /** The person asked by hand. */
  readonly invoked: boolean;
  /** Gives the answer up. */
  readonly control: AbortController;
}

/** An answer that goes on after its first text was given to core. */
export interface IStream {
  /** Core asks for the rest by this. */
  readonly token: string;
  readonly lines: AsyncIterator<Line>;
  readonly question: IQuestion;
  readonly offer: IOffer;
}

/** The listener that is told what became of suggestions. */
export interface IReports {
  outcome(outcome: Outcome): void;
  survival(survival: Survival): void;
  /** A monotonic clock in milliseconds. */
  nowMs(): number;
}

/** All that the page keeps of one open document. */
export class Session implements ISuggested {
  readonly outcomes: Outcomes;
  readonly survivals: Survivals;

  constructor(reports: IReports) {
    this.outcomes = new Outcomes(
      () => reports.nowMs(),
      outcome => {
        reports.outcome(outcome);
      }
    );
    this.survivals = new Survivals(survival => {
      reports.survival(survival);
    });
  }

  /** What is left of the last suggestion where the cursor is; null where only the server can say. */
  rest({ place, position }: Asked): { offer: IOffer; left: string } | null {
    const offer = this._shown;
    if (
      !offer?.final ||
      offer.cellId !== position.cell_id ||
      !this.outcomes.isOpen(offer.id) ||
      !offer.anchor.hasTail(place)
    ) {
      return null;
    }
    const left = offer.anchor.rest(place, offer.text);
    return left ? { offer, left } : null;
  }

  /** A key came that the last suggestion does not answer: its text is not continued, its question is given up. */
  supersede(): void {
    this._giveUp();
    this._shown = null;
  }

  /** True when a request may be sent. A manual request ends the silence of its line. */
  mayAsk(
    { position, place, edit, atRest }: Asked,
    invoked: boolean,
    settings: ISettings
  ): boolean {
    const before = place.text.slice(0, place.cursor);
    const emptied = !atRest && isEmptyCell(position.cell_id, place.text);
    const situation = { ...position, before, invoked, edit, emptied };
    if (invoked) {
      this._dismissals.forgive(situation);
    }
    return silence(situation, settings, this._dismissals) === null;
  }

  /** The document's question from now on. */
  ask(asked: Asked, invoked: boolean): IQuestion {
    const control = new AbortController();
    this._question = { asked, invoked, control };
    return this._question;
  }

  /** The first text of an answer: the document's last suggestion from now on. */
  offer(line: TextLine, { asked }: IQuestion): IOffer {
    const { suggestion_id: id, text } = line;
    const final = line.type === 'final';
    this.outcomes.on({ type: 'offered', id, text, final });
    this._shown = {
      id,
      session: this,
      cellId: asked.position.cell_id,
      anchor: new Anchor(asked.place),
      byLine: isEmptyCell(asked.position.cell_id, asked.place.text),
      text,
      route: line.route,
      final
    };
    return this._shown;
  }

  /** Keeps the rest of an answer until core asks for it, or its question is given up. */
  keep(stream: IStream): void {
    this._stream = stream;
  }

  /** The rest of the answer with this token, given once. */
  takeStream(token: string): IStream | null {
    const stream = this._stream;
    if (stream?.token !== token) {
      return null;
    }
    this._stream = null;
    return stream;
  }

  /** The person sent a suggestion away; `before` is the text before the cursor. */
  dismissed(cellId: string, before: string): void {
    this._dismissals.note({ cell_id: cellId, before });
  }

  /** Cursor or focus may have gone elsewhere: an answer that core would not show is given up. */
  left(): void {
    if (!this._question) {
      return;
    }
    const { asked, invoked } = this._question;
    const now = asked.now();
    const stays = now !== null && typedSince(asked.place, now) !== null;
    if (!invoked && !(stays && asked.focused())) {
      this._giveUp();
    }
  }

  /** Nothing is asked, told or kept any more. */
  close(): void {
    this.supersede();
    this.survivals.close();
    this._question = null;
  }

  private _giveUp(): void {
    this._question?.control.abort();
    this._stream = null;
  }

  private _question: IQuestion | null = null;
  private _stream: IStream | null = null;
  /** The last suggestion. */
  private _shown: IOffer | null = null;
  private readonly _dismissals = new Dismissals();
}

/** The documents of a page. */
export class Sessions {
  constructor(private readonly _reports: IReports) {}

  /** The document's session; of too many, the one used longest ago is closed. */
  of(document: string): Session {
    const session = this._sessions.get(document) ?? new Session(this._reports);
    this._sessions.delete(document);
    this._sessions.set(document, session);
    for (const [name, oldest] of this._sessions) {
      if (this._sessions.size <= MOST_DOCUMENTS) {
        break;
      }
      oldest.close();
      this._sessions.delete(name);
    }
    return session;
  }

  /** The rest of the answer with this token, in whichever document it is; given once. */
  takeStream(token: string): IStream | null {
    for (const session of this._sessions.values()) {
      const stream = session.takeStream(token);
      if (stream) {
        return stream;
      }
    }
    return null;
  }

  /** Cursor or focus may have gone elsewhere. */
  left(): void {
    this._sessions.forEach(session => {
      session.left();
    });
  }

  /** What was suggested or asked holds nowhere any more. */
  supersede(): void {
    this._sessions.forEach(session => {
      session.supersede();
    });
  }

  /** The page is left. */
  close(): void {
    this._sessions.forEach(session => {
      session.close();
    });
    this._sessions.clear();
  }

  private readonly _sessions = new Map<string, Session>();
}
