/**
 * When a suggestion may be asked for.
 */

import { describe, expect, it } from 'vitest';
import { whereAt } from '../src/completion/lexical';
import {
  Dismissals,
  isOff,
  isOffAbove,
  silence,
  switched
} from '../src/completion/trigger';
import type { ISituation } from '../src/completion/trigger';
import { DEFAULTS } from '../src/settings/settings';
import type { ISettings } from '../src/settings/settings';

const HERE: ISituation = {
  document: 'work/a.ipynb',
  cell_id: 'c',
  language: 'python',
  before: 'x = 1\ny = ',
  invoked: false,
  edit: 'typed',
  emptied: false
};

function why(
  situation: Partial<ISituation>,
  settings: Partial<ISettings> = {},
  dismissals = new Dismissals()
): string | null {
  return silence(
    { ...HERE, ...situation },
    { ...DEFAULTS, ...settings },
    dismissals
  );
}

describe('silence', () => {
  it('is not the default', () => {
    expect(why({})).toBe(null);
    expect(why({ before: '# a' })).toBe(null);
    expect(why({ before: 'x = "a' })).toBe(null);
  });

  it.each<[string, Partial<ISituation>, Partial<ISettings>]>([
    ['path', {}, { paths_off: ['work'] }],
    ['path', { invoked: true }, { paths_off: ['work/a.ipynb'] }],
    ['language', { invoked: true }, { languages_off: ['r', 'python'] }],
    ['notebook', { invoked: true, opt_out: 'notebook' }, {}],
    ['cell', { invoked: true, opt_out: 'cell' }, {}],
    ['manual', {}, { trigger_mode: 'manual' }],
    ['remote', { edit: 'remote' }, {}],
    ['changed', { edit: 'changed' }, {}],
    ['emptied', { before: '', emptied: true }, {}],
    ['comment', { before: 'x = 1  # the' }, { in_comments: false }],
    ['string', { before: 'x = "the' }, { in_strings: false }]
  ])('for %s', (reason, situation, settings) => {
    expect(why(situation, settings)).toBe(reason);
  });

  it.each<[Partial<ISituation>, Partial<ISettings>]>([
    [{ invoked: true }, { trigger_mode: 'manual' }],
    [{ invoked: true, edit: 'remote' }, {}],
    [{ invoked: true, edit: 'changed' }, {}],
    [{ invoked: true, emptied: true }, {}],
    [{ invoked: true, before: '# a' }, { in_comments: false }],
    [{ before: '"the' }, { in_comments: false }],
    [{ before: '# the' }, { in_strings: false }]
  ])('is not for %j with %j', (situation, settings) => {
    expect(why(situation, settings)).toBe(null);
  });
});

describe('a line where suggestions are sent away', () => {
  const away = (times: number): Dismissals => {
    const dismissals = new Dismissals();
    for (let i = 0; i < times; i++) {
      dismissals.note({ ...HERE, before: `${HERE.before}${i}` });
    }
    return dismissals;
  };

  it('is left in peace after the set number', () => {
    expect(why({}, {}, away(2))).toBe(null);
    expect(why({}, {}, away(3))).toBe('quiet');
    expect(why({}, { quiet_after_dismissals: 4 }, away(3))).toBe(null);
    expect(why({}, { quiet_after_dismissals: 0 }, away(9))).toBe(null);
  });

  it('is one line of one cell', () => {
    expect(why({ before: 'x = 1\n' }, {}, away(3))).toBe('quiet');
    expect(why({ before: 'x = 1\ny = 2\n' }, {}, away(3))).toBe(null);
    expect(why({ cell_id: 'd' }, {}, away(3))).toBe(null);
  });

  it('is spoken to again when asked for by hand', () => {
    const dismissals = away(3);
    dismissals.forgive(HERE);
    expect(why({}, {}, dismissals)).toBe(null);
  });

  it('is forgotten after many others', () => {
    const dismissals = away(3);
    for (let i = 0; i < 200; i++) {
      dismissals.note({ ...HERE, cell_id: `other ${i}` });
    }
    expect(dismissals.count(HERE)).toBe(0);
  });
});

describe('a path', () => {
  it.each([
    ['exams/a.ipynb', ['exams/a.ipynb'], true],
    ['exams/a.ipynb', ['/exams/'], true],
    ['exams/a.ipynb', ['exa', 'a.ipynb', 'exams/a'], false],
    ['a.ipynb', ['/'], true],
    ['a.ipynb', [], false]
  ])('%s with %j off: %s', (document, paths, off) => {
    expect(isOff(document, paths)).toBe(off);
  });

  it.each<[string, string[], boolean]>([
    ['a/b', ['a'], true],
    ['a/b', ['/a/', 'a/b'], true],
    ['a/b', ['/'], true],
    ['a/b', ['a/b', 'a/b/c', 'b'], false],
    ['a/b', [], false],
    ['', ['/'], false]
  ])('%j with %j listed is switched above: %s', (path, paths, above) => {
    expect(isOffAbove(path, paths)).toBe(above);
  });

  it('is switched off once, and on whatever it was written like', () => {
    expect(switched(['a', '/b/'], 'b', true)).toEqual(['a', 'b']);
    expect(switched(['a', '/b/'], 'b', false)).toEqual(['a']);
  });
});

describe('a cursor', () => {
  it.each([
    ['python', 'x = 1', 'code'],
    ['python', '# a', 'comment'],
    ['python', '# a\n', 'code'],
    ['python', '"# a', 'string'],
    ['python', '"a" + ', 'code'],
    ['python', '"a\\" + ', 'string'],
    ['python', '"never closed\nx', 'code'],
    ['python', '"""a\nb "" c', 'string'],
    ['python', '"""a\nb"""', 'code'],
    ['python', "f'{x", 'string'],
    ['python', "'it' # isn't", 'comment'],
    ['r', "x <- 'a # b", 'string'],
    ['julia', "A' * b # c", 'comment'],
    ['julia', '#= a\nb', 'comment'],
    ['julia', '#= a =# b', 'code'],
    ['sql', "SELECT 'a' -- b", 'comment'],
    ['javascript', '/* a\n', 'comment'],
    ['javascript', '`a\n${b', 'string'],
    ['javascript', 'a // b\nc', 'code'],
    ['brainfuck', '# "', 'code']
  ])('in %s behind %j stands in %s', (language, before, where) => {
    expect(whereAt(language, before)).toBe(where);
  });
});
