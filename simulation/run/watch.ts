// Notices that a job no longer proceeds. It counts what happens and not real time, which says nothing on a machine that does much else.

const tickMs = 1_000;
/** A tick comes only if this process gets a core. */
const idleTicksMax = 180;
/** Far more than any job has: its workflows turn in a circle. */
const changesMax = 50_000;

/** Aborts the signal if the count has stayed the same for too long, or has become too large for any job. */
export function watchChanges(count: () => number): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const isOver = createPatience();
  const timer = setInterval(() => isOver(count()) && controller.abort(), tickMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

/** The returned function is called at each tick with the count of changes so far. */
export function createPatience(): (changes: number) => boolean {
  let last = -1;
  let idleTicks = 0;
  return (changes) => {
    idleTicks = changes === last ? idleTicks + 1 : 0;
    last = changes;
    return idleTicks >= idleTicksMax || changes > changesMax;
  };
}
