// What a thread has compiled from settings: tasks of the same job send the same settings with each chunk.

/** Settings of so many jobs stay compiled. */
const keptMax = 8;

/** Compiles settings once. They are compared as text, which costs little beside the work on a chunk. */
export function compileOnce<T>(compile: (settings: string) => T): (settings: string) => T {
  const kept = new Map<string, T>();
  return (settings) => {
    const found = kept.get(settings);
    if (found !== undefined) return found;
    const compiled = compile(settings);
    kept.set(settings, compiled);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return compiled;
  };
}
