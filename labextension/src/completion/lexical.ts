/**
 * Tells whether a cursor is in code, a comment or a string, by a scan of the text before it.
 * Pure. A language that is not listed is all code.
 */

/** Where a cursor stands. */
export type Where = 'code' | 'comment' | 'string';

interface ISigns {
  /** Begins a comment that ends with its line. */
  line: string;
  /** Begins and ends a longer comment. */
  block?: [string, string];
  /** Begins and ends a string; longer ones first. */
  quotes: string[];
}

const HASH: ISigns = { line: '#', quotes: ['"', "'"] };
const SLASH: ISigns = {
  line: '//',
  block: ['/*', '*/'],
  quotes: ['`', '"', "'"]
};
const SIGNS: Record<string, ISigns | undefined> = {
  python: { line: '#', quotes: ['"""', "'''", '"', "'"] },
  julia: { line: '#', block: ['#=', '=#'], quotes: ['"""', '"'] },
  r: HASH,
  bash: HASH,
  ruby: HASH,
  perl: HASH,
  sql: { line: '--', block: ['/*', '*/'], quotes: ["'", '"'] },
  javascript: SLASH,
  typescript: SLASH,
  java: SLASH,
  scala: SLASH,
  c: SLASH,
  'c++': SLASH,
  'c#': SLASH,
  go: SLASH
};
/** Strings in these may hold line ends. */
const LONG = ['"""', "'''", '`'];

/** Where the end of `before` stands. */
export function whereAt(language: string, before: string): Where {
  const signs = SIGNS[language];
  let at = 0;
  while (signs && at < before.length) {
    const [where, end] = piece(signs, before, at);
    if (end === null) {
      return where;
    }
    at = end;
  }
  return 'code';
}

/** What begins at `at`, and where the text goes on behind it; null: not before the end of the text. */
function piece(
  signs: ISigns,
  text: string,
  at: number
): [Where, number | null] {
  const { line, block, quotes } = signs;
  if (block && text.startsWith(block[0], at)) {
    return ['comment', behind(text, block[1], at + block[0].length)];
  }
  if (text.startsWith(line, at)) {
    return ['comment', behind(text, '\n', at)];
  }
  const quote = quotes.find(sign => text.startsWith(sign, at));
  return quote ? ['string', closed(text, quote, at)] : ['code', at + 1];
}

function behind(text: string, sign: string, from: number): number | null {
  const found = text.indexOf(sign, from);
  return found < 0 ? null : found + sign.length;
}

function closed(text: string, quote: string, start: number): number | null {
  for (let at = start + quote.length; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
    } else if (text.startsWith(quote, at)) {
      return at + quote.length;
    } else if (text[at] === '\n' && !LONG.includes(quote)) {
      return at + 1;
    }
  }
  return null;
}
