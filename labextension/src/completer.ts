/**
 * Wraps the inline completer widgets: hears what the person does with our suggestions, and mends faults of core
 * (an appended reply dropped, Tab armed with nothing to accept, a stale position on accept, Esc leaving a ghost behind).
 * Knows nothing of requests; other providers' items pass through untouched.
 */

import type {
  IInlineCompleterFactory,
  InlineCompleter
} from '@jupyterlab/completer';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { Outcomes } from './outcomes';
import type { Suggestions } from './suggestions';
import { isMccomItem } from './tokens';

const ACTIVE_CLASS = 'jp-mod-inline-completer-active';

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
      completer.disposed.connect(() => this._watched.delete(watched));
      return completer;
    };
  }

  /** Dismisses the visible suggestion; false when there is none. */
  dismiss(): boolean {
    return [...this._watched].some(watched => watched.dismiss());
  }

  /** See Provider.IOptions.restOf. */
  restOf(suggestionId: string, first: string, text: string): string | null {
    for (const watched of this._watched) {
      const rest = watched.restOf(suggestionId, first, text);
      if (rest !== undefined) {
        return rest;
      }
    }
    return null;
  }

  private readonly _watched = new Set<Watched>();
}

class Watched {
  constructor(
    private readonly _completer: InlineCompleter,
    suggestions: Suggestions
  ) {
    this._outcomes = new Outcomes(
      () => performance.now(),
      outcome =>
        suggestions.ended(
          suggestions.documentOf(outcome.suggestion_id),
          outcome
        )
    );
    const model = _completer.model;
    if (model) {
      this._mendAppend(model);
      model.suggestionsChanged.connect((_, change) =>
        change.event === 'clear' ? this._cleared() : this._offered()
      );
      model.filterTextChanged.connect(() => this._filtered());
    }
    this._wrapAccept();
  }

  /** True when a suggestion of ours was visible and is gone now. */
  dismiss(): boolean {
    if (!this._completer.isActive) {
      return false;
    }
    this._outcomes.dismissed();
    this._reset();
    return true;
  }

  /** Undefined when the suggestion is not this widget's. */
  restOf(
    suggestionId: string,
    first: string,
    text: string
  ): string | null | undefined {
    const item = this._ours();
    if (
      item?.suggestionId !== suggestionId ||
      !first.endsWith(item.insertText)
    ) {
      return undefined;
    }
    const typed = first.slice(0, first.length - item.insertText.length);
    return text.startsWith(typed) ? text.slice(typed.length) : null;
  }

  private _offered(): void {
    const item = this._ours();
    if (!item) {
      this._outcomes.moved();
      if (!this._completer.model?.completions?.items.length) {
        this._disarm();
      }
      return;
    }
    this._outcomes.offered(item.suggestionId, item.insertText.length);
    this._watchBlur(this._completer.editor);
    this._before = this._textBefore();
    this._left = item.insertText;
    requestAnimationFrame(() => {
      if (
        this._completer.isActive &&
        this._completer.current === this._ours()
      ) {
        this._outcomes.painted();
      }
    });
  }

  private _filtered(): void {
    const item = this._ours();
    if (item) {
      const typed = this._left.slice(
        0,
        this._left.length - item.insertText.length
      );
      this._before = this._before === null ? null : this._before + typed;
      this._left = item.insertText;
      this._outcomes.typedAlong(item.insertText.length);
      if (item.insertText) {
        return;
      }
    } else {
      this._outcomes.contradicted();
    }
    if (
      !this._completer.model?.completions?.items.some(left => left.insertText)
    ) {
      this._reset();
    }
  }

  private _cleared(): void {
    this._outcomes.moved();
  }

  /** Core replaces what stands between the model's position and the cursor: both must be where the ghost is. */
  private _wrapAccept(): void {
    const accept = this._completer.accept.bind(this._completer);
    this._completer.accept = () => {
      const { editor, model, current } = this._completer;
      if (!editor || !model || !isMccomItem(current)) {
        accept();
        return;
      }
      if (!current.insertText || this._before !== this._textBefore()) {
        this._outcomes.moved();
        this._reset();
        return;
      }
      model.cursor = editor.getCursorPosition();
      this._outcomes.accepted();
      accept();
    };
  }

  /** A reply that comes after a provider that failed has nothing to be appended to: core drops it. */
  private _mendAppend(model: InlineCompleter.IModel): void {
    const append = model.appendCompletions.bind(model);
    model.appendCompletions = reply => {
      if (model.completions?.items) {
        append(reply);
      } else {
        model.setCompletions(reply);
      }
    };
  }

  /** A ghost that was hidden by losing the focus must not come back later. */
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
      if (!inside && this._completer.editor === editor && this._ours()) {
        this._outcomes.moved();
        this._reset();
      }
    });
  }

  private _reset(): void {
    this._completer.model?.reset();
    this._disarm();
  }

  /** Without items, Tab belongs to the editor again. */
  private _disarm(): void {
    this._completer.editor?.host.classList.remove(ACTIVE_CLASS);
  }

  private _ours() {
    return this._completer.model?.completions?.items.find(item =>
      isMccomItem(item)
    );
  }

  private _textBefore(): string | null {
    const editor = this._completer.editor;
    return editor
      ? editor.model.sharedModel
          .getSource()
          .slice(0, editor.getOffsetAt(editor.getCursorPosition()))
      : null;
  }

  private readonly _outcomes: Outcomes;
  private readonly _blurWatched = new WeakSet<CodeEditor.IEditor>();
  /** Text that stands before the cursor as long as only typing along has happened since the suggestion came. */
  private _before: string | null = null;
  /** What is left of the suggestion then. */
  private _left = '';
}
