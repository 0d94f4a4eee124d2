// Named stops at which the emulator holds one request until a test lets it go or its client dies.
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Call } from '../server/call.ts';
import { isRouteName } from '../server/routes.ts';

export const barrierSchema = z.strictObject({
  name: z.string().min(1),
  route: z.string().refine(isRouteName, { error: 'is not the name of a route' }),
  when: z.enum(['before', 'after', 'body']),
  nth: z.number().int().min(1).default(1),
  match: z.string().optional(),
  afterBytes: z.number().int().min(0).default(0),
});
export type BarrierInput = z.input<typeof barrierSchema>;

export interface BarrierState {
  hit: boolean;
  holding: boolean;
  released: boolean;
  clientGone: boolean;
}

export type When = BarrierInput['when'];
export type Barrier = ReturnType<typeof createBarrier>;
export type Barriers = ReturnType<typeof createBarriers>;

export function createBarriers() {
  const barriers = new Map<string, Barrier>();
  return {
    add(spec: z.output<typeof barrierSchema>): Barrier {
      barriers.get(spec.name)?.release();
      const barrier = createBarrier(spec);
      barriers.set(spec.name, barrier);
      return barrier;
    },
    get: (name: string): Barrier | undefined => barriers.get(name),
    /** The barrier at which this request must stop, if any; the call counts the request. */
    claim(when: When, call: Call): Barrier | undefined {
      return [...barriers.values()].find((barrier) => barrier.claims(when, call));
    },
    clear() {
      for (const barrier of barriers.values()) barrier.release();
      barriers.clear();
    },
  };
}

function createBarrier(spec: z.output<typeof barrierSchema>) {
  const state: BarrierState = { hit: false, holding: false, released: false, clientGone: false };
  const hit = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let seen = 0;

  return {
    afterBytes: spec.afterBytes,
    state: (): BarrierState => ({ ...state }),
    claims(when: When, { route, path, mentions }: Call): boolean {
      const { match } = spec;
      if (when !== spec.when || route.name !== spec.route || state.hit || state.released) return false;
      if (match !== undefined && !path.includes(match) && !mentions.some((has) => has(match))) return false;
      seen += 1;
      return seen === spec.nth;
    },
    /** Resolves to false when the client went away while it was held. */
    async hold(response: ServerResponse): Promise<boolean> {
      const gone = Promise.withResolvers<void>();
      response.once('close', gone.resolve);
      if (response.destroyed || response.socket?.destroyed !== false) gone.resolve();
      Object.assign(state, { hit: true, holding: true });
      hit.resolve();
      await Promise.race([gate.promise, gone.promise]);
      response.off('close', gone.resolve);
      state.clientGone = !state.released;
      state.holding = false;
      return !state.clientGone;
    },
    async waitHit(limitMs: number): Promise<BarrierState> {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      await Promise.race([hit.promise, limit]);
      clearTimeout(timer);
      return { ...state };
    },
    release() {
      state.released = true;
      gate.resolve();
    },
  };
}
