/**
 * Headings of groups in the settings editor, which knows none: the first property of a group is drawn below one.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IFormRendererRegistry } from '@jupyterlab/ui-components';
import type { IFormRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';
import { PLUGIN_ID } from '../tokens';

type Field = React.ComponentProps<NonNullable<IFormRenderer['fieldRenderer']>>;

/** Adds them; `schema/plugin.json` holds the properties in this order. */
export const groups: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mccom:groups',
  description: 'Groups the settings of code completion in the settings editor.',
  autoStart: true,
  requires: [IFormRendererRegistry],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    registry: IFormRendererRegistry,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_mccom');
    const titles = {
      trigger_mode: trans.__('When to suggest'),
      model: trans.__('Local model'),
      use_cloud: trans.__('Cloud'),
      retrieval_tokens: trans.__('Context'),
      kernel_to_cloud: trans.__('Privacy')
    };
    for (const [property, title] of Object.entries(titles)) {
      registry.addRenderer(`${PLUGIN_ID}.${property}`, {
        fieldRenderer: props => <Group title={title} field={props} />
      });
    }
  }
};

/** The description is left to what surrounds the field, which shows it in any case. */
function Group({
  title,
  field
}: {
  title: string;
  field: Field;
}): React.JSX.Element {
  const { SchemaField } = field.registry.fields;
  const schema = { ...field.schema, description: undefined };
  return (
    <>
      <h3 className="jp-mccom-group">{title}</h3>
      <SchemaField {...field} schema={schema} uiSchema={{}} />
    </>
  );
}
