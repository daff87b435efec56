/**
 * The list of plugins.
 */

import { groups } from './settings/groups';
import { plugin } from './plugin';

export default [plugin, groups];
