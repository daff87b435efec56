/**
 * The list of plugins.
 */

import { inspector } from './commands/inspector';
import { plugin } from './plugin';
import { groups } from './settings/groups';

export default [plugin, inspector, groups];
