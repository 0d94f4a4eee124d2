// Servers of object stores that the tests start: an S3 server and an emulator of Google Cloud Storage, each built with Go into the
// cache, once.
import { join } from 'node:path';
import { installOnce, type Progress, say } from '../cache.ts';
import { runCommand, ticking, whichCommand } from '../command.ts';

const buildTimeoutMs = 20 * 60_000;

interface GoProgram {
  /** Also the name of its executable. */
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

const s3Program: GoProgram = {
  name: 'versitygw',
  version: '1.8.0',
  path: 'github.com/versity/versitygw/cmd/versitygw',
};
const gcsProgram: GoProgram = {
  name: 'fake-gcs-server',
  version: '1.56.1',
  path: 'github.com/fsouza/fake-gcs-server',
};

/** Null if there is no Go to build it with. */
export const ensureS3Server = (progress: Progress = say): Promise<string | null> => ensureProgram(s3Program, progress);
export const ensureGcsServer = (progress: Progress = say): Promise<string | null> =>
  ensureProgram(gcsProgram, progress);

async function ensureProgram(program: GoProgram, progress: Progress): Promise<string | null> {
  const folder = `${program.name}-${program.version}`;
  const go = whichCommand('go');
  if (go === undefined) {
    progress(
      `the command go is not on the PATH to build ${program.name} with, so the tests of its store are left out.`,
    );
    return null;
  }
  return join(await installOnce(folder, (temporary) => build(go, program, temporary, progress)), program.name);
}

async function build(go: string, { name, version, path }: GoProgram, folder: string, progress: Progress) {
  const what = `building ${name} ${version} with Go, once`;
  const expect = 'about 2 minutes on two cores';
  progress(`${what}: ${expect}.`);
  const built = await runCommand(go, ['install', `${path}@v${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '', GOOS: '', GOARCH: '' },
    timeoutMs: buildTimeoutMs,
    onTick: ticking(progress, what, expect),
  });
  if (!built.ok) throw new Error(`go install ${path}@v${version} failed: ${built.why}`);
}
