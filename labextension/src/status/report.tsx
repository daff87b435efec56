/**
 * The panel's report about a suggestion that was wrong: written by the server without secrets, shown, changed as the
 * person likes, and saved only when they say so, as a download of the browser.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { useOpened } from './opened';

const ROWS = 12;

/** What the section needs. */
export interface IReportProps {
  /** Has the report written. */
  write: () => Promise<string>;
  trans: TranslationBundle;
}

/** A button, and below it the report; pressing it again closes it. */
export function ReportSection({
  write,
  trans
}: IReportProps): React.JSX.Element {
  const { found: report, put, said, say, toggle } = useOpened(write);
  const save = (): void => {
    const name = nameOf(new Date());
    download(name, report ?? '');
    say(trans.__('Saved as %1, where your browser keeps downloads.', name));
  };
  return (
    <div className="jp-mccom-report">
      <button
        type="button"
        className="jp-mccom-button"
        aria-expanded={report !== null}
        onClick={toggle}
      >
        {trans.__('Wrong?')}
      </button>
      {report !== null && (
        <>
          <p>
            {trans.__(
              'You can attach this to an issue. Nothing is saved or sent yet. Delete what you do not want to give away.'
            )}
          </p>
          <textarea
            aria-label={trans.__('Report')}
            rows={ROWS}
            spellCheck={false}
            value={report}
            onChange={event => put(event.target.value)}
          />
          <button type="button" className="jp-mccom-button" onClick={save}>
            {trans.__('Save the report')}
          </button>
        </>
      )}
      <p role="status">{said}</p>
    </div>
  );
}

/** A file's name with the time, which no other report has. */
function nameOf(now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[:T]/g, '-');
  return `mccom-report-${time}.md`;
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url)); // the browser has begun by then
}
