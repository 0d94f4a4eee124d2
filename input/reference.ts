// Tells a reference to a job file from a job. In a file of its own, because a client that only sends a job loads no schema.

/** The path of the job file, if the input is only a reference to one. */
export function jobReference(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || Object.keys(input).length !== 1 || !('job' in input)) return null;
  return typeof input.job === 'string' && input.job !== '' ? input.job : null;
}
