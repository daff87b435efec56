/**
 * What the administrator of the server has fixed, in the settings editor: shown with its value, and not to be changed.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { ServerSettings } from '../server/traces';

type Plugin = ISettingRegistry.IPlugin;

/** For `ISettingRegistry.transform`; changes nothing where the server tells no settings. */
export function locks(
  server: ServerSettings | null,
  trans: TranslationBundle
): { fetch(plugin: Plugin): Plugin; compose(plugin: Plugin): Plugin } {
  const fixed = Object.fromEntries(
    (server?.locked ?? []).map(name => [name, server?.settings[name]])
  ) as PartialJSONObject;
  const note = trans.__('Set by the administrator of the server.');
  return {
    fetch: plugin => {
      const properties = { ...plugin.schema.properties };
      for (const name of Object.keys(fixed).filter(key => key in properties)) {
        const description = `${note} ${properties[name].description ?? ''}`;
        properties[name] = { ...properties[name], description, readOnly: true };
      }
      return { ...plugin, schema: { ...plugin.schema, properties } };
    },
    compose: plugin => ({
      ...plugin,
      data: {
        ...plugin.data,
        composite: { ...plugin.data.composite, ...fixed }
      }
    })
  };
}
