/**
 * The person's settings as JupyterLab keeps them, with what the administrator of the server has fixed put over them.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { ServerSettings } from '../server/traces';
import { PLUGIN_ID } from '../tokens';
import type { Sync } from './sync';

type Plugin = ISettingRegistry.IPlugin;

/** Null without a registry, or when they cannot be loaded: the defaults hold. */
export async function storedSettings(
  registry: ISettingRegistry | null,
  sync: Sync,
  trans: TranslationBundle
): Promise<ISettingRegistry.ISettings | null> {
  const server = await sync.ask();
  try {
    registry?.transform(PLUGIN_ID, locks(server, trans));
    return registry ? await registry.load(PLUGIN_ID) : null;
  } catch (error) {
    console.warn(
      'jupyter-mccom: settings could not be loaded, the defaults are used',
      error
    );
    return null;
  }
}

/** A transform for `ISettingRegistry.transform`; changes nothing where the server tells no settings. */
export function locks(
  server: ServerSettings | null,
  trans: TranslationBundle
): { fetch: (plugin: Plugin) => Plugin; compose: (plugin: Plugin) => Plugin } {
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
