// Plays many seeds, and makes a report for people and a recording of each seed that breaks an invariant.

import { join } from 'node:path';
import { describeScript, type Script } from '../script/script.ts';
import { writeResetScript } from '../script/write-reset-script.ts';
import { saveRecording } from './recording.ts';
import { reduceScript } from './reduce.ts';
import { type Played, playScript } from './run-script.ts';
import type { SimulationServer } from './server.ts';

interface Output {
  /** Where recordings of failing seeds are kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

interface WantedResets extends Output {
  readonly from: number;
  readonly seeds: number;
}

/** If the server spoils a run, the run shows nothing about its seed, which is played again at most this many times. */
const voidsMax = 3;

/** Plays scripts one after the other. After a job that did not end, starts another server. */
export class Simulator {
  readonly #start: () => Promise<SimulationServer>;
  readonly #output: Output;
  #server: SimulationServer;

  static async start(start: () => Promise<SimulationServer>, output: Output): Promise<Simulator> {
    return new Simulator(start, output, await start());
  }

  private constructor(start: () => Promise<SimulationServer>, output: Output, server: SimulationServer) {
    this.#start = start;
    this.#output = output;
    this.#server = server;
  }

  /** Returns the run if the script failed, or was never shown to hold. */
  simulate(script: Script): Promise<Played | null> {
    return simulateScript(script, (each) => this.#play(each), this.#output);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #play(script: Script): Promise<Played> {
    for (let voids = 0; ; voids += 1) {
      const played = await playScript(this.#server, script);
      if (played.isStuck) {
        await this.#server.stop();
        this.#server = await this.#start();
      }
      if (!played.isVoid || voids === voidsMax) return played;
    }
  }
}

/** Returns the runs of the scripts that failed, or were never shown to hold. */
export async function simulate(
  start: () => Promise<SimulationServer>,
  scripts: readonly Script[],
  output: Output,
): Promise<Played[]> {
  const failures: Played[] = [];
  const simulator = await Simulator.start(start, output);
  try {
    for (const script of scripts) {
      const failed = await simulator.simulate(script);
      if (failed !== null) failures.push(failed);
    }
  } finally {
    await simulator.stop();
  }
  return failures;
}

/** Plays seeds of jobs that are reset, terminated and taken over, side by side on the real server. */
export async function simulateResets(server: SimulationServer, wanted: WantedResets): Promise<Played[]> {
  const seeds = Array.from({ length: wanted.seeds }, (_, index) => wanted.from + index);
  const played = await Promise.all(
    seeds.map(async (seed) => {
      const one = await playScript(server, writeResetScript(seed));
      wanted.say(`reset seed ${seed}: ${describeFigures(one)}`);
      return one;
    }),
  );
  const failures = played.filter(({ broken }) => broken.length > 0);
  for (const failed of failures) {
    wanted.say(describePlayed(failed));
    wanted.say(`  recorded in ${saveRecording(join(wanted.folder, 'resets'), failed)}`);
  }
  return failures;
}

async function simulateScript(
  script: Script,
  play: (script: Script) => Promise<Played>,
  { folder, say }: Output,
): Promise<Played | null> {
  const played = await play(script);
  say(`seed ${script.seed} of ${script.vendor}: ${describeFigures(played)}`);
  if (played.isVoid) return played;
  if (played.broken.length === 0) return null;
  const shortest = await reduceScript(played, play);
  say(describePlayed(shortest));
  say(`  recorded in ${saveRecording(folder, shortest)}`);
  return shortest;
}

export function describeFigures({ broken, isVoid, realMs, virtualHours, order, strayed }: Played): string {
  const strays = strayed > 0 ? `, ${strayed} calls out of the recorded order` : '';
  const verdict = isVoid ? 'void (a fault of the server that skips time)' : broken.length > 0 ? 'BROKEN' : 'holds';
  return `${verdict}, ${(realMs / 1000).toFixed(1)} s, ${virtualHours} h, ${order.length} calls${strays}`;
}

export function describePlayed({ script, story, broken }: Played): string {
  const lines = [...story, ...broken.map((sentence) => `BROKEN: ${sentence}`)];
  return [describeScript(script), ...lines.map((line) => `  ${line}`)].join('\n');
}
