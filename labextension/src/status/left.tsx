/**
 * The panel's button that opens what left the server's machine last. Asks only when it is pressed.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { IClient } from '../tokens';
import { useOpened } from './opened';

/** What the section needs. */
export interface ILeftProps {
  client: Pick<IClient, 'left'>;
  trans: TranslationBundle;
}

/** A button, and below it each request with its body, the newest first; pressing it again closes them. */
export function LeftSection({ client, trans }: ILeftProps): React.JSX.Element {
  const { found: left, said, toggle } = useOpened(() => client.left());
  return (
    <div className="jp-mccom-left">
      <button
        type="button"
        className="jp-mccom-button"
        aria-expanded={left !== null}
        onClick={toggle}
      >
        {trans.__('What left last')}
      </button>
      {said && <p>{said}</p>}
      {left?.length === 0 && (
        <p>{trans.__('Nothing has left the machine of the server.')}</p>
      )}
      {left
        ?.slice()
        .reverse()
        .map(one => (
          <React.Fragment key={`${one.kind} ${one.at_s}`}>
            <p>
              {`${new Date(one.at_s * 1000).toLocaleTimeString()} ${one.kind}: ${one.address}`}
            </p>
            {one.body && (
              <pre tabIndex={0} aria-label={trans.__('Text')}>
                {one.body}
              </pre>
            )}
          </React.Fragment>
        ))}
    </div>
  );
}
