// Walks the batch machine through random events against a provider that lies: no item is paid twice, none is left out.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Choices } from './choices.ts';
import { FailingWorld } from './failing-world.ts';

const walks = Number(process.env.WALKS ?? 100_000);
/** Faults stop when the choices are used up: then a walk ends within this many steps. */
const stepsMax = 2_000;
const items = 4;

test('whatever happens, no item runs again without proof, none is left out, and none that was never sent is in doubt', {
  timeout: 300_000,
}, () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { maxLength: 80 }), (numbers) => {
      const world = new FailingWorld(items, new Choices(numbers), 20 * 3_600_000);
      world.walk(stepsMax);
      if (world.fates === null) throw new Error(`not settled after ${world.steps} steps`);
      world.fates.forEach((fate, item) => {
        const runs = world.provider.countRuns(item);
        if (fate === 'not_run' && runs > 0) throw new Error(`item ${item} is sent again, and ran`);
        if (fate === 'lost' && world.provider.hasLine(item)) {
          throw new Error(`item ${item} is sent again, and has a line`);
        }
        if (fate === 'unknown' && !world.sent) throw new Error(`item ${item} is in doubt, and was never sent`);
        if (runs > 1) throw new Error(`item ${item} ran ${runs} times`);
      });
      expect(world.fates).toHaveLength(items);
    }),
    { numRuns: walks },
  );
});
