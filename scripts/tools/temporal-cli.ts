// Finds the Temporal CLI, or installs it: from the PATH, the project's cache, the SDK's downloader, or built with Go.
// The CLI holds the dev server, so the demo and the tests need no other service.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, installOnce, type Progress, say } from './cache.ts';
import { isExecutable, runCommand, ticking, whichCommand } from './command.ts';
import { downloadThroughSdk } from './sdk-download.ts';

// The newest release that `go install` can build; it holds server 1.29.1 and Web UI 2.42.1.
const cliVersion = '1.5.1';
const cliModule = `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`;
const cliFolder = `temporal-cli-${cliVersion}`;
const executableName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
// CLI 1.5 carries server 1.29. A CLI built from source reports 0.0.0 for itself, so its server's version decides.
const serverMin = { major: 1, minor: 29 };
const buildTimeoutMs = 15 * 60_000;
const versionTimeoutMs = 10_000;

/** Returns the CLI's path. Installs it into the cache if it is missing, which can take minutes the first time. */
export async function ensureTemporalCli(progress: Progress = say): Promise<string> {
  const found = await findTemporalCli();
  if (found) return found;
  const folder = await installOnce(cliFolder, (temporary) => install(temporary, progress));
  return join(folder, executableName);
}

/** The installed CLI, if any: from the PATH if it is new enough, else from the cache. */
async function findTemporalCli(): Promise<string | undefined> {
  const onPath = whichCommand(executableName);
  if (onPath && (await isNewEnough(onPath))) return onPath;
  const cached = join(cacheDir, cliFolder, executableName);
  return isExecutable(cached) ? cached : undefined;
}

async function install(folder: string, progress: Progress): Promise<void> {
  progress('the Temporal CLI is not on the PATH, trying to download it ...');
  const downloaded = await downloadThroughSdk('cli', folder, join(folder, executableName));
  if (downloaded.ok) return progress('the Temporal CLI is downloaded.');
  progress(`the Temporal CLI cannot be downloaded here (${downloaded.why}).`);
  await build(folder, progress);
}

async function build(folder: string, progress: Progress): Promise<void> {
  const go = whichCommand('go');
  if (!go) throw new Error(`There is no Go to build the Temporal CLI with either. ${advice()}`);
  const what = `building the Temporal CLI ${cliVersion} with Go, once`;
  const expect = 'about 5 minutes on two cores the first time, 15 at most';
  progress(`${what}: ${expect}.`);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const result = await runCommand(go, ['install', cliModule], {
    env: { ...process.env, GOBIN: bin, GOFLAGS: '', GOOS: '', GOARCH: '' },
    timeoutMs: buildTimeoutMs,
    onTick: ticking(progress, what, expect),
  });
  if (!result.ok) throw new Error(`go install ${cliModule} failed: ${result.why}\n${advice()}`);
  renameSync(join(bin, executableName), join(folder, executableName));
  progress('the Temporal CLI is built.');
}

function advice(): string {
  return (
    `Install the Temporal CLI ${serverMin.major}.5 or later yourself (Homebrew: temporal; other systems: its releases page) ` +
    'so that `temporal` is on the PATH, or install Go 1.25 or later, and run this again.'
  );
}

async function isNewEnough(path: string): Promise<boolean> {
  const result = await runCommand(path, ['--version'], { timeoutMs: versionTimeoutMs });
  return result.ok && carriesServer(result.output);
}

/** `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)` */
function carriesServer(version: string): boolean {
  const [, major, minor] = /\bserver (\d+)\.(\d+)\./i.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return false;
  return major > serverMin.major || (major === serverMin.major && minor >= serverMin.minor);
}
