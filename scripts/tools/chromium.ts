// Finds a Chromium for the tests that open pages in a browser, or installs one: from the PATH, the system's packages, or
// Playwright's own downloads.
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, installOnce, type Progress, projectRoot, say } from './cache.ts';
import { isExecutable, runCommand, ticking, whichCommand } from './command.ts';
import { installPackage } from './system-packages.ts';

const browserNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'headless_shell',
];
const browserFolder = 'chromium';
const executableName = 'chromium';
const downloadTimeoutMs = 10 * 60_000;
const searchedDepthMax = 4;

export async function ensureChromium(progress: Progress = say): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  // A link to a browser that has since been uninstalled.
  rmSync(join(cacheDir, browserFolder), { recursive: true, force: true });
  const folder = await installOnce(browserFolder, (temporary) => install(temporary, progress));
  return join(folder, executableName);
}

function findChromium(): string | undefined {
  const cached = join(cacheDir, browserFolder, executableName);
  return onPath() ?? (isExecutable(cached) ? cached : undefined);
}

const onPath = (): string | undefined => browserNames.map(whichCommand).find((path) => path !== undefined);

async function install(folder: string, progress: Progress): Promise<void> {
  const packaged = await installPackage('chromium', 'Chromium', progress);
  const executable = onPath() ?? (await fromPlaywright(folder, progress, packaged.why));
  symlinkSync(executable, join(folder, executableName));
  progress('Chromium is ready.');
}

/** Into the cache, next to where the link to it will be: the link names the place it has after the folder's renaming. */
async function fromPlaywright(folder: string, progress: Progress, otherwise: string): Promise<string> {
  const expect = 'about a minute';
  progress(`downloading Chromium with Playwright, once: ${expect}.`);
  const browsers = join(cacheDir, 'browsers');
  mkdirSync(browsers, { recursive: true });
  const cli = join(projectRoot, 'node_modules', 'playwright-core', 'cli.js');
  const result = await runCommand(process.execPath, [cli, 'install', 'chromium-headless-shell'], {
    cwd: folder,
    timeoutMs: downloadTimeoutMs,
    env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: browsers },
    onTick: ticking(progress, 'downloading Chromium', expect),
  });
  const executable = result.ok ? executableIn(browsers) : undefined;
  if (executable !== undefined) return executable;
  throw new Error(
    `There is no Chromium, and none can be installed: ${otherwise}; Playwright's download: ${result.ok ? 'no executable in it' : result.why}. ` +
      'Only the tests that open pages need it. Install Chromium or Chrome so that it is on the PATH, and run this again.',
  );
}

function executableIn(folder: string, depth = 0): string | undefined {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() && /^(chrome-)?headless[-_]shell$/.test(entry.name) && isExecutable(path)) return path;
    const inside = entry.isDirectory() && depth < searchedDepthMax ? executableIn(path, depth + 1) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}
