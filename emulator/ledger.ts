// Who was billed, exactly, for millions of items: hash tables of numbers for the first billing, names only for repeats.
import { type Hash, hex16 } from './hash.ts';

export type Lane = 'batch' | 'sync';
export type IdRepeat = { customId: string; times: number };
export type BodyRepeat = { body: string; customId: string; times: number };
export type LaneCounts = {
  executed: number;
  billed: number;
  billedTwice: { byCustomId: IdRepeat[]; byBody: BodyRepeat[] };
};
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
    counts(lane: Lane): LaneCounts {
      const { executed, billed, bodyRepeats, idRepeats } = lanes[lane];
      const byCustomId = [...idRepeats].map(([customId, times]) => ({ customId, times }));
      const byBody = [...bodyRepeats].map(([body, repeat]) => ({ body, ...repeat }));
      return { executed, billed, billedTwice: { byCustomId, byBody } };
    },
    acrossLanes: (): string[] => [...acrossLanes],
  };
}

function createLane() {
  return {
    executed: 0,
    billed: 0,
    bodies: createHashSet(),
    ids: createHashSet(),
    bodyRepeats: new Map<string, { times: number; customId: string }>(),
    idRepeats: new Map<string, number>(),
  };
}

/** Open addressing over 64-bit keys; the all-zero key marks a free slot, so zero is stored as one. */
function createHashSet() {
  let slots = new Int32Array(2 * 1024);
  let mask = 1023;
  let size = 0;

  function find(hi: number, lo: number): number {
    let slot = (hi ^ lo) & mask;
    while (true) {
      const high = slots[slot * 2] ?? 0;
      const low = slots[slot * 2 + 1] ?? 0;
      if ((high === 0 && low === 0) || (high === hi && low === lo)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function put(hi: number, lo: number): boolean {
    const slot = find(hi, lo);
    if (slots[slot * 2] !== 0 || slots[slot * 2 + 1] !== 0) return false;
    slots[slot * 2] = hi;
    slots[slot * 2 + 1] = lo;
    size += 1;
    return true;
  }

  function grow(): void {
    const old = slots;
    mask = mask * 2 + 1;
    slots = new Int32Array((mask + 1) * 2);
    size = 0;
    for (let at = 0; at < old.length; at += 2)
      if (old[at] !== 0 || old[at + 1] !== 0) put(old[at] ?? 0, old[at + 1] ?? 0);
  }

  return {
    /** False when the key was there already. */
    add({ hi, lo }: Hash): boolean {
      if (size * 10 > mask * 6) grow();
      return put(hi, hi === 0 && lo === 0 ? 1 : lo);
    },
    has({ hi, lo }: Hash): boolean {
      const slot = find(hi, hi === 0 && lo === 0 ? 1 : lo);
      return slots[slot * 2] !== 0 || slots[slot * 2 + 1] !== 0;
    },
  };
}
