// Programs that only tests need and npm does not have, from the system's packages: on Debian and its relatives, as root, like
// the machines of a CI. Also finds promtool, which checks Prometheus rules, or installs it.

import { type Progress, say, withLock } from './cache.ts';
import { runCommand, ticking, whichCommand } from './command.ts';

const installTimeoutMs = 10 * 60_000;

export async function ensurePromtool(progress: Progress = say): Promise<string> {
  const found = whichCommand('promtool');
  if (found !== undefined) return found;
  const { why } = await installPackage('prometheus', 'promtool', progress);
  const got = whichCommand('promtool');
  if (got !== undefined) return got;
  throw new Error(
    `There is no promtool, and none can be installed: ${why}. Install Prometheus so that it is on the PATH.`,
  );
}

/** `why` is the reason if the program is missing afterwards. One at a time, because the package manager refuses a second process. */
export async function installPackage(name: string, title: string, progress: Progress): Promise<{ why: string }> {
  const apt = whichCommand('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) return { why: 'there is no apt-get, or this is not root' };
  return withLock('apt', () => install(apt, name, title, progress));
}

async function install(apt: string, name: string, title: string, progress: Progress): Promise<{ why: string }> {
  const expect = 'usually half a minute';
  progress(`installing ${title} with apt-get, once: ${expect}.`);
  const options = {
    timeoutMs: installTimeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    onTick: ticking(progress, `installing ${title}`, expect),
  };
  const updated = await runCommand(apt, ['update', '-qq'], options);
  if (!updated.ok) return { why: `apt-get update failed: ${updated.why}` };
  const installed = await runCommand(apt, ['install', '-y', '-qq', '--no-install-recommends', name], options);
  return { why: installed.ok ? `apt-get installed no ${name}` : `apt-get install ${name} failed: ${installed.why}` };
}
