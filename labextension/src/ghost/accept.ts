/**
 * Accepting: the whole suggestion or its next part, each one step of undo, never over what was typed.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { InlineCompleter } from '@jupyterlab/completer';
import type { IOffer, Offers } from '../outcomes/offers';
import { placeOf, asOneStep, insertAt } from './editor';
import type { Edits } from './edits';
import { partOf } from './words';
import type { Part } from './words';

/** What accepting needs of the widget's watcher. */
export interface IAcceptOptions {
  offers: Offers;
  edits: Pick<Edits, 'accepting'>;
  /** What the widget showed last was accepted, or another provider's text instead of it. */
  ended(ending: 'accepted' | 'superseded'): void;
  /** Drops what is shown: it cannot be accepted here. */
  reset(): void;
}

/** Wraps a widget's `accept`, to which Tab, the mouse and the menu lead. */
export class Accepts {
  constructor(
    private readonly _completer: InlineCompleter,
    private readonly _options: IAcceptOptions
  ) {
    const original = _completer.accept.bind(_completer);
    _completer.accept = () => this._whole(original);
  }

  /** Accepts the next part of our suggestion; there has to be one. */
  take(part: Part): void {
    const { editor, current } = this._completer;
    const offer = this._options.offers.of(current);
    if (!editor || !offer) {
      return;
    }
    const place = placeOf(editor);
    const left = offer.anchor.rest(place, offer.text) ?? '';
    const piece = partOf(left, part);
    if (piece === left) {
      this._completer.accept();
      return;
    }
    const chars = piece.length;
    offer.session.outcomes.on({ type: 'partial', id: offer.id, chars });
    this._asOneStep(editor, () => insertAt(editor, place.cursor, piece));
    this._survives(offer, editor, offer.text.length - left.length + chars);
  }

  /**
   * Core replaces what stands between the model's position and the cursor with what is left of the item: where the two
   * do not belong together, that eats what was typed.
   */
  private _whole(original: () => void): void {
    const { editor, model, current } = this._completer;
    if (!editor || !model || !current) {
      return;
    }
    const offer = this._options.offers.of(current);
    const { text, cursor } = placeOf(editor);
    const left = offer
      ? offer.anchor.rest({ text, cursor }, offer.text)
      : current.insertText;
    const between = text.slice(editor.getOffsetAt(model.cursor), cursor);
    if (!left || (!offer && !current.insertText.startsWith(between))) {
      this._options.reset();
      return;
    }
    if (offer?.byLine && partOf(left, 'line') !== left) {
      this.take('line');
      return;
    }
    if (offer) {
      model.cursor = editor.getCursorPosition();
      current.insertText = left;
    }
    this._options.ended(offer ? 'accepted' : 'superseded');
    this._asOneStep(editor, original);
    if (offer) {
      this._survives(offer, editor, offer.text.length);
    }
  }

  private _asOneStep(editor: CodeEditor.IEditor, change: () => void): void {
    this._options.edits.accepting(() => asOneStep(editor, change));
  }

  /** The first `chars` of a suggestion stand before the cursor: they are followed. */
  private _survives(
    { id, text, session }: IOffer,
    editor: CodeEditor.IEditor,
    chars: number
  ): void {
    const place = placeOf(editor);
    const start = place.cursor - chars;
    if (place.text.slice(start, place.cursor) === text.slice(0, chars)) {
      const { sharedModel } = editor.model;
      session.survivals.watch(id, sharedModel, start, place.cursor);
    }
  }
}
