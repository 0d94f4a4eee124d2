// The exact billing of millions of items: hash tables of numbers for the first billing, names only for repeats.
import { type Hash, hex16 } from './hash.ts';
import { createHashSet } from './hash-set.ts';

export type Lane = 'batch' | 'sync';

export interface IdRepeat {
  customId: string;
  times: number;
}

export interface BodyRepeat extends IdRepeat {
  body: string;
}

export interface BilledBody {
  body: string;
  times: number;
  /** The number of these answers that cannot be used: refused, cut, empty or not JSON. */
  flawed: number;
}

export interface LaneCounts {
  executed: number;
  billed: number;
  /** Billed answers that do not state their usage. */
  withoutUsage: number;
  billedTwice: { byCustomId: IdRepeat[]; byBody: BodyRepeat[] };
}

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger() {
  const lanes = { batch: createLane(), sync: createLane() };
  const acrossLanes = new Set<string>();

  return {
    executed(lane: Lane) {
      lanes[lane].executed += 1;
    },
    billed(lane: Lane, body: Hash, idHash: Hash | null, customId: () => string) {
      const { bodies, ids, bodyRepeats, idRepeats } = lanes[lane];
      lanes[lane].billed += 1;
      if (idHash !== null && !ids.add(idHash)) idRepeats.set(customId(), (idRepeats.get(customId()) ?? 1) + 1);
      if (!bodies.add(body)) {
        const name = hex16(body);
        bodyRepeats.set(name, { times: (bodyRepeats.get(name)?.times ?? 1) + 1, customId: customId() });
      }
      if (lanes[lane === 'batch' ? 'sync' : 'batch'].bodies.has(body)) acrossLanes.add(hex16(body));
    },
    withoutUsage(lane: Lane) {
      lanes[lane].withoutUsage += 1;
    },
    /** For a billed answer that cannot be used. */
    flawed(lane: Lane, body: Hash) {
      const { flawed } = lanes[lane];
      flawed.set(hex16(body), (flawed.get(hex16(body)) ?? 0) + 1);
    },
    counts(lane: Lane): LaneCounts {
      const { executed, billed, withoutUsage, bodyRepeats, idRepeats } = lanes[lane];
      const byCustomId = [...idRepeats].map(([customId, times]) => ({ customId, times }));
      const byBody = [...bodyRepeats].map(([body, repeat]) => ({ body, ...repeat }));
      return { executed, billed, withoutUsage, billedTwice: { byCustomId, byBody } };
    },
    acrossLanes: (): string[] => [...acrossLanes],
    /** How often each body was billed. For small tests: it makes an object for each body. */
    listBodies(lane: Lane): BilledBody[] {
      const { bodies, bodyRepeats, flawed } = lanes[lane];
      return [...bodies.list()].map((hash) => {
        const body = hex16(hash);
        return { body, times: bodyRepeats.get(body)?.times ?? 1, flawed: flawed.get(body) ?? 0 };
      });
    },
  };
}

function createLane() {
  return {
    executed: 0,
    billed: 0,
    withoutUsage: 0,
    bodies: createHashSet(),
    ids: createHashSet(),
    bodyRepeats: new Map<string, IdRepeat>(),
    idRepeats: new Map<string, number>(),
    flawed: new Map<string, number>(),
  };
}
