// The Temporal server that docker-compose.yml has, and its schema tool: built with Go into the cache, once. Only the long tests use it; all
// others use the CLI's dev server, which is older.
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, installOnce, type Progress, say } from '../cache.ts';
import { runCommand, ticking, whichCommand } from '../command.ts';

const serverVersion = '1.32.0';
const serverModule = 'go.temporal.io/server';
const serverFolder = `temporal-server-${serverVersion}`;
const buildTimeoutMs = 20 * 60_000;
const downloadTimeoutMs = 5 * 60_000;

export interface TemporalServerTools {
  /** `temporal-server` and `temporal-sql-tool` are there under the names they have in Temporal's images. */
  readonly bin: string;
  /** The root to start the server with: its `config/docker.yaml` is the template of Temporal's images. */
  readonly root: string;
}

export async function ensureTemporalServer(progress: Progress = say): Promise<TemporalServerTools> {
  const root = await installOnce(serverFolder, (temporary) => build(temporary, progress));
  return { root, bin: join(root, 'bin') };
}

async function build(folder: string, progress: Progress): Promise<void> {
  const go = whichCommand('go');
  if (!go) throw new Error('There is no Go to build the Temporal server with: install Go 1.25 or later.');
  const what = `building the Temporal server ${serverVersion} with Go, once`;
  const expect = 'about 10 minutes on two cores';
  progress(`${what}: ${expect}.`);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const packages = ['cmd/server', 'cmd/tools/sql'].map((path) => `${serverModule}/${path}@v${serverVersion}`);
  const env = { ...process.env, GOBIN: bin, GOFLAGS: '', GOOS: '', GOARCH: '' };
  const built = await runCommand(go, ['install', ...packages], {
    env,
    timeoutMs: buildTimeoutMs,
    onTick: ticking(progress, what, expect),
  });
  if (!built.ok) throw new Error(`go install ${packages.join(' ')} failed: ${built.why}`);
  renameSync(join(bin, 'server'), join(bin, 'temporal-server'));
  renameSync(join(bin, 'sql'), join(bin, 'temporal-sql-tool'));
  mkdirSync(join(folder, 'config'));
  copyFileSync(join(await moduleFolder(go), 'config', 'docker.yaml'), join(folder, 'config', 'docker.yaml'));
  progress('the Temporal server is built.');
}

async function moduleFolder(go: string): Promise<string> {
  const found = await runCommand(go, ['mod', 'download', '-json', `${serverModule}@v${serverVersion}`], {
    cwd: cacheDir,
    timeoutMs: downloadTimeoutMs,
  });
  if (!found.ok) throw new Error(`go mod download ${serverModule}@v${serverVersion} failed: ${found.why}`);
  return JSON.parse(found.output).Dir;
}
