// What a thread has made from a text that comes again and again, such as the settings that tasks of the same job send with each chunk.

/** Results of so many texts are kept. */
const keptMax = 8;

/** Calls `compile` once for each text. */
export function compileOnce<T>(compile: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    const found = kept.get(text);
    if (found !== undefined) return found;
    const compiled = compile(text);
    kept.set(text, compiled);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return compiled;
  };
}
