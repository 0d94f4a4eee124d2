// The message that says what went wrong: the innermost cause's. The errors around it only say where.

export function readInnermostMessage(error: Error): string {
  return error.cause instanceof Error ? readInnermostMessage(error.cause) : error.message;
}
