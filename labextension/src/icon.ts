/**
 * The icon that JupyterLab shows beside a suggestion of ours.
 */

import { LabIcon } from '@jupyterlab/ui-components';

/** A cursor, and the text that follows it. */
export const icon = new LabIcon({
  name: 'jupyter-mccom:suggestion',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">' +
    '<g class="jp-icon3" fill="#616161">' +
    '<rect x="2" y="2" width="1.5" height="12"/>' +
    '<rect x="5.5" y="4" width="8.5" height="1.8" rx=".9"/>' +
    '<rect x="5.5" y="7.1" width="6" height="1.8" rx=".9"/>' +
    '<rect x="5.5" y="10.2" width="7.5" height="1.8" rx=".9"/>' +
    '</g></svg>'
});
