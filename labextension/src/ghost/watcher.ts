/**
 * Wraps one inline completer widget: turns what the person does with our suggestions into the events of `outcomes.ts`,
 * and takes the model mended by `corefixes.ts`. Knows nothing of requests; other providers' items pass through.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { InlineCompleter } from '@jupyterlab/completer';
import type { IPlace } from '../outcomes/anchor';
import type { IOffer, Offers } from '../outcomes/offers';
import type { Ending } from '../outcomes/outcomes';
import { Accepts } from './accept';
import type { Announcer, IShown } from './announcer';
import { hasItems, mendModel } from './corefixes';
import type { IReply } from './corefixes';
import { placeOf, takesText } from './editor';
import type { Edits } from './edits';
import { Hosts } from './hosts';
import { listenTo } from './listening';
import { disarm } from './marks';
import { Signs } from './signs';
import type { Part } from './words';

/** What a watched widget tells, and is helped by. */
export interface IWatchOptions {
  offers: Offers;
  edits: Edits;
  announcer: Announcer;
  /** Who wrote a suggestion, in one line. */
  why(offer: IOffer): string;
  /** The text of the widget's editor changed; `local`: in this window. */
  edited(completer: InlineCompleter, local: boolean): void;
  /** Cursor or selection changed. */
  moved(completer: InlineCompleter): void;
}

/** One widget. */
export class Watcher {
  constructor(
    private readonly _completer: InlineCompleter,
    private readonly _options: IWatchOptions
  ) {
    const model = _completer.model;
    if (model) {
      mendModel(
        model,
        reply => this._fits(model, reply),
        () => this._reset('superseded')
      );
      model.suggestionsChanged.connect((_, { event }) => {
        if (event === 'clear') {
          this._cleared();
        } else {
          this._set();
        }
      });
      model.filterTextChanged.connect(() => this._filtered());
      this._listen(model);
    }
    this._signs = new Signs(_completer, offer => _options.why(offer));
    this._accepts = new Accepts(_completer, {
      ..._options,
      ended: ending => this.lost(ending),
      reset: () => this._reset('superseded')
    });
    this._wrapCycle();
  }

  /** The editor that core completes in now. */
  get editor(): CodeEditor.IEditor | null {
    return this._completer.editor ?? null;
  }

  /** Our text can be seen. */
  get visible(): boolean {
    const { isActive, current } = this._completer;
    return isActive && !!current?.insertText && !!this._offerOf(current);
  }

  /** Sends the visible suggestion away. */
  dismiss(): void {
    const place = this._place();
    if (this.visible && place) {
      const offer = this._offer;
      this._reset('dismissed');
      offer?.session.dismissed(offer.cellId, place.text.slice(0, place.cursor));
    }
  }

  /** Our suggestion does not hold any more: it goes, and Tab is the editor's. */
  drop(): void {
    if (this._offer) {
      this._reset('superseded');
    }
  }

  /** Accepts the next part of the visible suggestion. */
  take(part: Part): void {
    if (this.visible) {
      this._accepts.take(part);
    }
  }

  /** Shows and says who wrote the visible suggestion, and how likely it is right. */
  tellWhy(): void {
    if (this.visible) {
      this._options.announcer.tell(this._signs.tell());
    }
  }

  /** The suggestion that this widget showed last ended. */
  lost(ending: Ending): void {
    const offer = this._offer;
    this._offer = null;
    offer?.session.outcomes.on({ type: ending, id: offer.id });
  }

  private _set(): void {
    const items = this._completer.model?.completions?.items ?? [];
    const offer = items.map(item => this._offerOf(item)).find(Boolean) ?? null;
    if (offer?.id !== this._offer?.id) {
      this.lost('superseded');
    }
    this._offer = offer;
    this._text = this._place()?.text ?? '';
    if (offer) {
      this._watchHost(this._completer.editor);
      this._lookForPaint(offer);
      this._options.announcer.shown(() => this._shown);
    }
    this._mark();
  }

  private _listen(model: InlineCompleter.IModel): void {
    listenTo(model, {
      text: () => {
        const { editor } = this._completer;
        if (editor) {
          const isLocal = this._options.edits.isLocal(editor);
          this._options.edited(this._completer, isLocal);
        }
      },
      selection: () => {
        const { editor } = this._completer;
        if (editor && !editor.isDisposed) {
          this._options.edits.follow(editor);
          this._cursorMoved();
          this._options.moved(this._completer);
        }
      }
    });
  }

  /** Core leaves a ghost where it was when the cursor goes right, or types over a bracket that the editor closed. */
  private _cursorMoved(): void {
    const place = this._place();
    if (this._offer && !this._isPlain()) {
      this._reset('moved');
      return;
    }
    if (place?.text !== this._text || !this._read()) {
      return;
    }
    const { model, editor } = this._completer;
    const offer = this._offer;
    const left = offer?.anchor.rest(place, offer.text);
    const item = model?.completions?.items.find(
      each => this._offerOf(each) === offer
    );
    if (left && item && model && editor) {
      item.insertText = left;
      model.cursor = editor.getCursorPosition();
      model.setCompletions({ items: [item] });
    } else {
      this._clear();
    }
  }

  /** A fetched item is not yet a visible one: the frame after, it is, if core has made the widget active with it. */
  private _lookForPaint(offer: IOffer): void {
    requestAnimationFrame(() => {
      const { isActive, current } = this._completer;
      if (isActive && this._offerOf(current) === offer) {
        offer.session.outcomes.on({ type: 'painted', id: offer.id });
      }
    });
  }

  /** A key: core has filtered its items. It may do so inside an editor update, where nothing may be cleared. */
  private _filtered(): void {
    this._read();
    const isActive = (): boolean => this._completer.isActive;
    const wasActive = isActive();
    if (!hasItems(this._completer.model)) {
      disarm(this._completer.editor);
    }
    setTimeout(() => {
      this._typed = false;
      if ((wasActive || isActive()) && !hasItems(this._completer.model)) {
        this._clear();
      }
      this._mark();
    });
  }

  /** Core (or another extension) dropped all items. */
  private _cleared(): void {
    if (!this._clearing && this._offer && !this._read() && !this._typed) {
      this.lost('moved');
    }
    this._mark();
  }

  /** What text and cursor say about our suggestion; true when they say anything. */
  private _read(): boolean {
    const offer = this._offer;
    const { editor } = this._completer;
    const place = this._place();
    if (!offer || !place || !editor) {
      return false;
    }
    this._text = place.text;
    const reading = offer.anchor.read(place, offer.text);
    if (reading === 'same') {
      return false;
    }
    const left = offer.anchor.rest(place, offer.text);
    if (left !== null && reading !== 'moved') {
      offer.session.outcomes.on({ type: 'typedAlong', id: offer.id, left });
    }
    if (reading === 'along') {
      this._typed = true;
    } else {
      this.lost(this._options.edits.isLocal(editor) ? reading : 'superseded');
    }
    return true;
  }

  private _wrapCycle(): void {
    const cycle = this._completer.cycle.bind(this._completer);
    this._completer.cycle = direction => {
      cycle(direction);
      if (this._offer) {
        this._lookForPaint(this._offer);
      }
      this._options.announcer.again(() => this._shown);
      this._mark();
    };
  }

  /** Core hides a ghost when the focus is lost, but keeps its item: the next key would bring it back. */
  private _watchHost(editor: CodeEditor.IEditor | null | undefined): void {
    const here = (): boolean => this._completer.editor === editor;
    const drop = (): void => {
      if (here()) {
        this.drop();
      }
    };
    if (editor) {
      this._hosts.follow(editor, {
        composes: drop,
        fixed: drop,
        left: to => {
          const inside =
            to instanceof Node && this._completer.node.contains(to);
          if (!inside && here() && this._offer) {
            this._reset('moved');
          }
        }
      });
    }
  }

  private get _shown(): IShown | null {
    const { isActive, current } = this._completer;
    if (!isActive || !current?.insertText) {
      return null;
    }
    const offer = this._offerOf(current);
    const whole = offer ? offer.final : !current.isIncomplete;
    return { key: offer?.id ?? current, text: current.insertText, whole };
  }

  private _reset(ending: Ending): void {
    this.lost(ending);
    this._clear();
  }

  private _clear(): void {
    this._clearing = true;
    this._completer.model?.reset();
    this._clearing = false;
  }

  private _mark(): void {
    const { current } = this._completer;
    const offer = this.visible ? this._offerOf(current) : null;
    this._signs.show(offer, current?.insertText ?? '');
  }

  private _offerOf(item: object | null): IOffer | null {
    return this._options.offers.of(item);
  }

  /** The cursor stands where the reply was asked for: in another cell the same line and column say nothing. */
  private _fits(model: InlineCompleter.IModel, { items }: IReply): boolean {
    const cursor = this._completer.editor?.getCursorPosition();
    const place = this._place();
    const offers = items.map(item => this._offerOf(item));
    return (
      cursor?.line === model.cursor.line &&
      cursor.column === model.cursor.column &&
      this._isPlain() &&
      offers.every(o => !o || (place && o.anchor.rest(place, o.text)))
    );
  }

  private _isPlain(): boolean {
    const editor = this._completer.editor;
    return !!editor && takesText(editor);
  }

  private _place(): IPlace | null {
    const editor = this._completer.editor;
    return editor && !editor.isDisposed ? placeOf(editor) : null;
  }

  private readonly _signs: Signs;
  private readonly _accepts: Accepts;
  private readonly _hosts = new Hosts();
  private _offer: IOffer | null = null;
  /** The text of the editor when the suggestion was last looked at. */
  private _text = '';
  /** True while the watcher clears the model itself, for a reason that was already reported. */
  private _clearing = false;
  /** Text was typed along in this turn: what core clears now (a new line) does not end the suggestion. */
  private _typed = false;
}
