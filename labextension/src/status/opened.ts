/**
 * What a button of the panel opens and closes. It is asked for when the button is pressed.
 */

import * as React from 'react';
import { wordsOf } from '../server/guards';

/** What is open, and what is said of it. */
export interface IOpened<T> {
  /** Null while it is closed. */
  found: T | null;
  put: (found: T) => void;
  /** Why it could not be opened, or what was done with it. */
  said: string;
  say: (words: string) => void;
  toggle: () => void;
}

/** Opens what `ask` answers. Pressed while an answer is on its way, the button does nothing. */
export function useOpened<T>(ask: () => Promise<T>): IOpened<T> {
  const [found, put] = React.useState<T | null>(null);
  const [said, say] = React.useState('');
  const isAsking = React.useRef(false);
  const open = async (): Promise<void> => {
    isAsking.current = true;
    try {
      const answer = await ask();
      put(() => answer);
    } catch (error) {
      say(wordsOf(error));
    } finally {
      isAsking.current = false;
    }
  };
  const toggle = (): void => {
    say('');
    if (found !== null) {
      put(null);
    } else if (!isAsking.current) {
      void open();
    }
  };
  return { found, put: answer => put(() => answer), said, say, toggle };
}
