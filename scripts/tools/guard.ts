// Kills child processes whose parent ended without stopping them, in whatever way it ended: after SIGKILL no handler of the parent runs, and
// vitest ends its processes by SIGTERM, which skips their `exit` handlers. A shell waits at the other end of a pipe, and the pipe closes with
// this process.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

// In a session of its own, so that what is sent to this process's group does not reach it. On a system without `sh` nothing is guarded.
const script = `
trap '' INT TERM HUP
pids=''
while read -r change pid; do
  case "$change" in
    add) pids="$pids $pid" ;;
    remove)
      left=''
      for each in $pids; do [ "$each" = "$pid" ] || left="$left $each"; done
      pids=$left ;;
  esac
done
for pid in $pids; do kill -s KILL -- "$pid"; done
`;

let pipe: Writable | null = null;

export interface GuardedOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** In a process group of its own, so that all that it has started ends with it. Default: false. */
  readonly detached?: boolean;
}

export type GuardedChild = ChildProcessByStdio<null, Readable, Readable>;

/** Spawns a process, its outputs in pipes, that is killed if this one ends first. */
export function spawnGuarded(file: string, args: readonly string[], options: GuardedOptions = {}): GuardedChild {
  // Before the child, so that only an instant is left in which this process could end without the guard knowing of the child.
  pipe ??= startGuard();
  const guard = pipe;
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  // A pipe that is reset when its process ends must not end this one too: the reader has what was printed, and `close` follows.
  for (const stream of [child.stdout, child.stderr]) stream.on('error', () => undefined);
  if (child.pid === undefined) return child;
  const name = options.detached === true ? -child.pid : child.pid;
  guard.write(`add ${name}\n`);
  child.once('exit', () => guard.write(`remove ${name}\n`));
  return child;
}

function startGuard(): Writable {
  const guard = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  // It must not keep this process running.
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard.stdin;
}
