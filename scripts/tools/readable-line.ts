// Turns a line of a program's log into a line for people: the time, who speaks, what happened, and the few fields that say where.

import { showControls } from '../../client/cli/print/visible.ts';

/** Fields that a person does not miss: they repeat the message or name things inside Temporal. */
const left = new Set(['level', 'time', 'msg', 'event', 'job', 'wave', 'batch', 'runId', 'namespace', 'taskQueue']);
const isInner = (name: string): boolean =>
  left.has(name) || /^(workflowType|activityType|activityId|attempt|isLocal|sdk)/.test(name);

/** Null for a line that only programs read. */
export function readableLine(name: string, line: string): string | null {
  const text = readLine(name, line);
  return text === null ? null : showControls(text);
}

function readLine(name: string, line: string): string | null {
  const entry = parse(line);
  if (entry === null) return `${' '.repeat(10)}${name.padEnd(10)}${line}`;
  if (typeof entry.msg !== 'string') return null;
  const time = typeof entry.time === 'number' ? new Date(entry.time).toTimeString().slice(0, 8) : '';
  const level = Number(entry.level) >= 50 ? 'ERROR ' : Number(entry.level) >= 40 ? 'warning: ' : '';
  const where = Object.entries(entry).flatMap(([key, value]) => (isInner(key) ? [] : [describe(key, value)]));
  return `${time.padEnd(10)}${name.padEnd(10)}${[`${level}${entry.msg}`, ...where].join('  ')}`;
}

function describe(key: string, value: unknown): string {
  if (key === 'workflowId') return String(value);
  return `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
