/**
 * What is seen around a suggestion of ours: the editor's marks, an underline for a text of one character, and a line in
 * core's box that says who wrote it. The box is seen while the pointer is over the text, or once a command asks.
 */

import type { InlineCompleter } from '@jupyterlab/completer';
import type { IOffer } from '../outcomes/offers';
import { mark } from './marks';

const LINE = 'jp-mccom-who';
/** The box stays, wherever the pointer is. */
const SHOWN = 'jp-mod-mccom-who';
/** A text that is easily overlooked. */
const ONE_CHARACTER = /^\s*\S\s*$/u;
const SHORT = 'jp-mod-mccom-short';

/** The signs of one widget. */
export class Signs {
  /** @param _why - Who wrote a suggestion, in one line. */
  constructor(
    private readonly _completer: InlineCompleter,
    private readonly _why: (offer: IOffer) => string
  ) {
    this._line.className = LINE;
  }

  /** A suggestion is seen, with this text; null: none of ours is. */
  show(offer: IOffer | null, text: string): void {
    const { editor, node } = this._completer;
    mark(editor, offer !== null);
    const isShort = offer !== null && ONE_CHARACTER.test(text);
    editor?.host.classList.toggle(SHORT, isShort);
    if (offer?.id !== this._id) {
      node.classList.remove(SHOWN);
    }
    this._id = offer?.id;
    if (offer) {
      this._line.textContent = this._line.title = this._why(offer);
      node.append(this._line);
      requestAnimationFrame(() => keepInside(node)); // core has placed it by then
    } else {
      this._line.remove();
    }
  }

  /** Shows who wrote the suggestion that is seen, or no longer; the line, where it is shown now. */
  tell(): string {
    const isShown = this._completer.node.classList.toggle(SHOWN);
    return isShown ? (this._line.textContent ?? '') : '';
  }

  private readonly _line = document.createElement('div');
  private _id: string | undefined;
}

/** Core lets a box reach out of a narrow window, such as a zoomed one. */
function keepInside(node: HTMLElement): void {
  node.style.transform = '';
  const { left, right } = node.getBoundingClientRect();
  const beyond = Math.min(right - document.documentElement.clientWidth, left);
  if (beyond > 0) {
    node.style.transform = `translateX(${-Math.ceil(beyond)}px)`;
  }
}
