// Chooses the ports of a stack: those it used before, else the usual ones, else any that are free. Jobs that run keep the addresses that they
// were started with.
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isFree } from './free-port.ts';

export interface StackPorts {
  readonly temporal: number;
  readonly ui: number;
  readonly emulator: number;
}

/** Temporal's own two, and the emulator's. */
export const usualPorts: StackPorts = { temporal: 7233, ui: 8233, emulator: 4010 };

/** What a killed stack has started ends a moment after it. */
const lingerMs = 5_000;
const host = '127.0.0.1';

type Asked = Readonly<Partial<Record<keyof StackPorts, number | undefined>>>;

/** `asked` is what a person wants; `before` what the stack of this folder used. */
export async function choosePorts(asked: Asked, before: Partial<StackPorts>, waitMs = lingerMs): Promise<StackPorts> {
  const choose = (name: keyof StackPorts) => choosePort(name, asked[name], before[name], waitMs);
  return { temporal: await choose('temporal'), ui: await choose('ui'), emulator: await choose('emulator') };
}

async function choosePort(
  name: keyof StackPorts,
  asked: number | undefined,
  before: number | undefined,
  waitMs: number,
): Promise<number> {
  if (asked !== undefined) {
    if (await becomesFree(asked, waitMs)) return asked;
    throw new Error(`Port ${asked} is in use by another program. Name another one, or none to get one that is free.`);
  }
  if (before !== undefined && (await becomesFree(before, waitMs))) return before;
  return (await isFree(usualPorts[name], host)) ? usualPorts[name] : freePort(host);
}

async function becomesFree(port: number, waitMs: number): Promise<boolean> {
  const end = Date.now() + waitMs;
  while (!(await isFree(port, host))) {
    if (Date.now() > end) return false;
    await sleep(100);
  }
  return true;
}
