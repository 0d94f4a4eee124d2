// A PostgreSQL server of a test's own, in a folder of its own, on a free port of this machine.

import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Child, startChild } from '../../scripts/tools/child.ts';
import { runCommand, whichCommand } from '../../scripts/tools/command.ts';
import { freePort } from '../../scripts/tools/free-port.ts';

const initdbTimeoutMs = 60_000;
const readyTimeoutMs = 30_000;
// Where Debian keeps what other systems have on the PATH.
const debian = '/usr/lib/postgresql';

/** It refuses to run as root, and is then run as the user that its package made. */
const asPostgres =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];

export interface Postgres {
  readonly port: number;
  readonly user: string;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const bin = binaries();
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-postgres-'));
  if (asPostgres.length > 0) chownSync(folder, idOf('-u'), idOf('-g'));
  const user = 'temporal';
  const data = join(folder, 'data');
  const init = [join(bin, 'initdb'), '--pgdata', data, '--username', user, '--auth', 'trust', '--encoding', 'UTF8'];
  const made = await runCommand('env', [...asPostgres, ...init], { cwd: folder, timeoutMs: initdbTimeoutMs });
  if (!made.ok) throw new Error(`initdb failed: ${made.why}`);
  const port = await freePort();
  const serve = [
    join(bin, 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-c',
    'listen_addresses=127.0.0.1',
  ];
  const child: Child = startChild('env', [...asPostgres, ...serve], { name: 'postgres', cwd: folder });
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await child.waitForLine(
      (line) => (line.includes('ready to accept connections') ? true : undefined),
      readyTimeoutMs,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, user, stop };
}

function binaries(): string {
  const onPath = whichCommand('initdb');
  if (onPath) return dirname(onPath);
  const newest = (existsSync(debian) ? readdirSync(debian) : []).toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error('There is no PostgreSQL here: install its server package.');
  return join(debian, newest, 'bin');
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));
}
