/**
 * Says what is suggested to screen readers: once a suggestion, when it has stood still for a moment, after what they
 * are reading now. Knows nothing of where suggestions come from.
 */

/** Long enough that what is typed over at once is not read out. */
const SETTLED_MS = 600;
/** More is not listened to before Tab; the whole stands in the editor then. */
const MOST_CHARS = 300;

/** What a person sees. */
export interface IShown {
  /** The same as long as it is the same suggestion, however much of it was typed. */
  readonly key: unknown;
  readonly text: string;
  /** No more text comes. */
  readonly whole: boolean;
}

/** What an Announcer needs. */
export interface IAnnouncerOptions {
  /** The person wants it. */
  isOn(): boolean;
  /** The sentence for a text. */
  words(text: string): string;
  /** Puts a sentence where screen readers find it. */
  say(words: string): void;
}

/** The voice of a page. */
export class Announcer {
  constructor(private readonly _options: IAnnouncerOptions) {}

  /**
   * Something is shown.
   *
   * @param look - What is shown then; null: nothing.
   */
  shown(look: () => IShown | null): void {
    clearTimeout(this._timer);
    if (this._options.isOn()) {
      this._timer = setTimeout(() => this._settled(look), SETTLED_MS);
    }
  }

  /** The person looks through suggestions: the next is said, even if it was said before. */
  again(look: () => IShown | null): void {
    this._said = null;
    this.shown(look);
  }

  /** Says what the person asked for, whatever the setting. */
  tell(words: string): void {
    this._options.say('');
    this._options.say(words);
  }

  private _settled(look: () => IShown | null): void {
    const found = look();
    if (!found || found.key === this._said) {
      return;
    }
    if (!found.whole) {
      this.shown(look);
      return;
    }
    this._said = found.key;
    const text = found.text.trim().slice(0, MOST_CHARS);
    this._options.say(''); // the same words once more would not be heard
    this._options.say(this._options.words(text));
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** The suggestion that was said last. */
  private _said: unknown = null;
}

/** A place in the page that screen readers read out, and nobody sees. */
export function spokenRegion(page: Document): (words: string) => void {
  const region = page.createElement('div');
  region.className = 'jp-mccom-spoken';
  region.setAttribute('role', 'status');
  region.setAttribute('aria-live', 'polite');
  page.body.append(region);
  return words => {
    region.textContent = words;
  };
}
