// Realtime calls that were sent and of which nothing has been read yet, and those whose fate a dead worker took with it.

export class PendingCalls {
  /** Calls that were sent again though nothing was known of the call before: the provider may have run both. */
  inDoubt = 0;
  readonly #customIds = new Set<string>();

  /** A call that is still pending when it is sent again was in flight when a worker died. */
  addSent(customId: string): void {
    if (this.#customIds.has(customId)) {
      this.inDoubt += 1;
    } else {
      this.#customIds.add(customId);
    }
  }

  /** The provider answered, or said that it did nothing. */
  settle(customId: string): void {
    this.#customIds.delete(customId);
  }
}
