// Names a process by its number and its start, because the number of a process that has ended is given to another one.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { environment } from '../surroundings.ts';

export interface ProcessMark {
  readonly pid: number;
  /** When it started, as the system says it. Null, or absent in files of earlier versions, if it is not known. */
  readonly started?: string | null;
}

export const markProcess = (pid: number): ProcessMark => ({ pid, started: readStart(pid) });

/** If the start is not known, a process of this number counts as the one that is meant: to stop for nothing is better than to share a database. */
export function isRunning({ pid, started = null }: ProcessMark): boolean {
  if (!exists(pid)) return false;
  const now = started === null ? null : readStart(pid);
  return now === null || now === started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const readStart = (pid: number): string | null => readLinuxStart(pid) ?? readPsStart(pid);

/** In ticks since the machine's start, and which start of the machine that was. */
function readLinuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may contain anything.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return null;
  }
}

function readPsStart(pid: number): string | null {
  try {
    const env = { ...environment, LC_ALL: 'C', TZ: 'UTC' };
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env, stdio: 'pipe' }).trim() || null
    );
  } catch {
    return null;
  }
}
