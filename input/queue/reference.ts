// Tells a reference to a queue file from a queue.

/** The path of the queue file, if the input is only a reference to one. */
export function queueReference(input: unknown): string | null {
  if (typeof input !== 'object' || input === null) return null;
  if (Object.keys(input).length !== 1 || !('queue' in input)) return null;
  return typeof input.queue === 'string' && input.queue !== '' ? input.queue : null;
}
