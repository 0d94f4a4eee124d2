// Makes a failing script shorter: leaves out events one by one, as long as it still fails.

import type { Script } from '../script/script.ts';
import type { Played } from './run-script.ts';

/** A run that breaks nothing is tried once more, because two runs of a seed may differ in the order of their calls. */
const tries = 2;

export async function reduceScript(failed: Played, play: (script: Script) => Promise<Played>): Promise<Played> {
  let shortest = failed;
  // A job that does not end takes minutes each time.
  if (failed.isStuck) return failed;
  for (const event of failed.script.events) {
    const { script } = shortest;
    const shorter = { ...script, events: script.events.filter((each) => each !== event) };
    for (let tried = 0; tried < tries; tried += 1) {
      const played = await play(shorter);
      if (played.broken.length === 0) continue;
      shortest = played;
      break;
    }
  }
  return shortest;
}
