/**
 * The list of plugins.
 */

import { plugin } from './plugin';
import { groups } from './settings/groups';

export default [plugin, groups];
