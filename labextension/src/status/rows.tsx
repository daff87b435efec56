/**
 * Names and values, one below the other, as the panel shows them.
 */

import * as React from 'react';
import type { Row } from './messages';

/** A list of names, each with its value. */
export function table(rows: Row[]): React.JSX.Element {
  return (
    <dl>
      {rows.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
