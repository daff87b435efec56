/**
 * The person's settings as JupyterLab keeps them, with what the administrator of the server has fixed put over them.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { locks } from './locks';
import type { Sync } from './sync';
import { PLUGIN_ID } from '../tokens';

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
