/**
 * Wraps the inline completer widgets: turns what the person does with our suggestions into the events of `outcomes.ts`,
 * and takes the model mended by `mend.ts`. Knows nothing of requests; other providers' items pass through.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  IInlineCompleterFactory,
  InlineCompleter
} from '@jupyterlab/completer';
import { mendModel } from './mend';
import type { Ending } from './outcomes';
import { placeOf } from './place';
import type { IPlace } from './place';
import type { IOffer, Suggestions } from './suggestions';

/** All watched widgets of a page. */
export class Completers {
  constructor(private readonly _suggestions: Suggestions) {}

  /** From now on every new inline completer widget is watched; an earlier wrapper keeps its place. */
  wrap(factory: IInlineCompleterFactory): void {
    const original = factory.factory.bind(factory);
    factory.factory = options => {
      const completer = original(options);
      const watched = new Watched(completer, this._suggestions);
      this._watched.add(watched);
      completer.disposed.connect(() => {
        this._watched.delete(watched);
        watched.lost('moved');
      });
      return completer;
    };
  }

  /** Dismisses the visible suggestion; false when there is none. */
  dismiss(): boolean {
    return [...this._watched].some(watched => watched.dismiss());
  }

  /** The page is left: what is shown ends here. */
  leave(): void {
    this._watched.forEach(watched => watched.lost('moved'));
  }

  private readonly _watched = new Set<Watched>();
}

class Watched {
  constructor(
    private readonly _completer: InlineCompleter,
    private readonly _suggestions: Suggestions
  ) {
    const model = _completer.model;
    if (model) {
      mendModel(
        model,
        () => this._atCursor(model),
        () => this._reset('superseded')
      );
      model.suggestionsChanged.connect((_, change) =>
        change.event === 'clear' ? this._cleared() : this._set()
      );
      model.filterTextChanged.connect(() => this._filtered());
    }
    this._wrapAccept();
    this._wrapCycle();
  }

  /** True when a suggestion was visible and is gone now. */
  dismiss(): boolean {
    if (!this._completer.isActive) {
      return false;
    }
    this._reset('dismissed');
    return true;
  }

  /** The suggestion that this widget showed last ended. */
  lost(ending: Ending): void {
    const offer = this._offer;
    this._offer = null;
    offer?.outcomes.on({ type: ending, id: offer.id });
  }

  private _set(): void {
    const items = this._completer.model?.completions?.items ?? [];
    const offer =
      items.map(item => this._suggestions.offerOf(item)).find(Boolean) ?? null;
    if (offer?.id !== this._offer?.id) {
      this.lost('superseded');
    }
    this._offer = offer;
    if (offer) {
      this._watchBlur(this._completer.editor);
      this._lookForPaint(offer);
    }
  }

  /** A fetched item is not yet a visible one: the frame after, it is, if core has made the widget active with it. */
  private _lookForPaint(offer: IOffer): void {
    requestAnimationFrame(() => {
      const { isActive, current } = this._completer;
      if (isActive && this._suggestions.offerOf(current) === offer) {
        offer.outcomes.on({ type: 'painted', id: offer.id });
      }
    });
  }

  /** A key: core has filtered its items. It may do so inside an editor update, where nothing may be cleared. */
  private _filtered(): void {
    this._read();
    setTimeout(() => {
      this._typed = false;
      const items = this._completer.model?.completions?.items ?? [];
      if (
        this._completer.isActive &&
        !items.some(item => item.insertText || item.isIncomplete || item.error)
      ) {
        this._clear();
      }
    });
  }

  /** Core (or another extension) dropped all items. */
  private _cleared(): void {
    if (!this._clearing && this._offer && !this._read() && !this._typed) {
      this.lost('moved');
    }
  }

  /** What text and cursor say about our suggestion; true when they say anything. */
  private _read(): boolean {
    const offer = this._offer;
    const place = this._place();
    if (!offer || !place) {
      return false;
    }
    const reading = offer.anchor.read(place, offer.text);
    if (reading === 'along') {
      const left = offer.anchor.rest(place, offer.text) ?? '';
      this._typed = true;
      offer.outcomes.on({ type: 'typedAlong', id: offer.id, left });
    } else if (reading !== 'same') {
      this.lost(reading);
    }
    return reading !== 'same';
  }

  /**
   * Core replaces what stands between the model's position and the cursor with what is left of the item: where the two
   * do not belong together, that eats what was typed.
   */
  private _wrapAccept(): void {
    const accept = this._completer.accept.bind(this._completer);
    this._completer.accept = () => {
      const { editor, model, current } = this._completer;
      if (!editor || !model || !current) {
        return;
      }
      const offer = this._suggestions.offerOf(current);
      const { text, cursor } = placeOf(editor);
      const left = offer
        ? offer.anchor.rest({ text, cursor }, offer.text)
        : current.insertText;
      const between = text.slice(editor.getOffsetAt(model.cursor), cursor);
      if (!left || (!offer && !current.insertText.startsWith(between))) {
        this._reset('superseded');
        return;
      }
      if (offer) {
        model.cursor = editor.getCursorPosition();
        current.insertText = left;
      }
      this.lost(offer ? 'accepted' : 'superseded');
      accept();
    };
  }

  private _wrapCycle(): void {
    const cycle = this._completer.cycle.bind(this._completer);
    this._completer.cycle = direction => {
      cycle(direction);
      if (this._offer) {
        this._lookForPaint(this._offer);
      }
    };
  }

  /** Core hides a ghost when the focus is lost, but keeps its item: the next key would bring it back. */
  private _watchBlur(editor: CodeEditor.IEditor | null | undefined): void {
    if (!editor || this._blurWatched.has(editor)) {
      return;
    }
    this._blurWatched.add(editor);
    editor.host.addEventListener('focusout', event => {
      const to = event.relatedTarget;
      const inside =
        to instanceof Node &&
        (editor.host.contains(to) || this._completer.node.contains(to));
      if (!inside && this._completer.editor === editor && this._offer) {
        this._reset('moved');
      }
    });
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

  private _atCursor(model: InlineCompleter.IModel): boolean {
    const cursor = this._completer.editor?.getCursorPosition();
    return (
      cursor?.line === model.cursor.line &&
      cursor.column === model.cursor.column
    );
  }

  private _place(): IPlace | null {
    const editor = this._completer.editor;
    return editor && !editor.isDisposed ? placeOf(editor) : null;
  }

  private readonly _blurWatched = new WeakSet<CodeEditor.IEditor>();
  private _offer: IOffer | null = null;
  /** We clear the model ourselves, for a reason that was already told. */
  private _clearing = false;
  /** Text was typed along in this turn: what core clears now (a new line) does not end the suggestion. */
  private _typed = false;
}
