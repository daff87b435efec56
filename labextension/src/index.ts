/**
 * The list of plugins.
 */

import { groups } from './groups';
import { plugin } from './plugin';

export default [plugin, groups];
