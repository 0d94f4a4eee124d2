// Finds promtool, which checks Prometheus rules, or gets it with the system's packages.

import { type Progress, say } from './cache.ts';
import { whichCommand } from './command.ts';
import { installPackage } from './system-packages.ts';

export async function ensurePromtool(progress: Progress = say): Promise<string> {
  const found = whichCommand('promtool');
  if (found !== undefined) return found;
  const { why } = await installPackage('prometheus', 'promtool', progress);
  const got = whichCommand('promtool');
  if (got !== undefined) return got;
  throw new Error(`There is no promtool, and none can be got: ${why}. Install Prometheus so that it is on the PATH.`);
}
