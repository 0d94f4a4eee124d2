// Plays many seeds, and makes of each that breaks an invariant a report for people and a recording.

import { describeScript } from '../script/script.ts';
import { writeScript } from '../script/write-script.ts';
import { saveRecording } from './recording.ts';
import { reduceScript } from './reduce.ts';
import { type Played, playScript } from './run-script.ts';
import type { SimulationServer } from './server.ts';

export interface Wanted {
  readonly from: number;
  readonly seeds: number;
  /** Where recordings of failing seeds are kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Returns what was played of the seeds that failed. */
export async function simulate(server: SimulationServer, { from, seeds, folder, say }: Wanted): Promise<Played[]> {
  const failures: Played[] = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const played = await playScript(server, writeScript(seed));
    say(`seed ${seed}: ${describeFigures(played)}`);
    if (played.broken.length === 0) continue;
    const shortest = await reduceScript(played, (script) => playScript(server, script));
    failures.push(shortest);
    say(describePlayed(shortest));
    say(`  recorded in ${saveRecording(folder, shortest)}`);
  }
  return failures;
}

export function describeFigures({ broken, realMs, virtualHours, order, strayed }: Played): string {
  const strays = strayed > 0 ? `, ${strayed} calls out of the recorded order` : '';
  const verdict = broken.length > 0 ? 'BROKEN' : 'holds';
  return `${verdict}, ${(realMs / 1000).toFixed(1)} s, ${virtualHours} h, ${order.length} calls${strays}`;
}

export function describePlayed({ script, story, broken }: Played): string {
  const lines = [...story, ...broken.map((sentence) => `BROKEN: ${sentence}`)];
  return [describeScript(script), ...lines.map((line) => `  ${line}`)].join('\n');
}
