// Realtime calls that were sent and of which nothing has been read yet, and those whose fate a dead worker took with it.

export class PendingCalls {
  /** Calls that were sent again though nothing was known of the call before: the provider may have run both. */
  inDoubt = 0;
  readonly #pending = new Set<string>();
  readonly #answered = new Set<string>();

  /**
   * A call that is still pending when it is sent again was in flight when a worker died. One that was answered was in flight too: the answer
   * came to a worker that was taken for dead, while another one sent the call again.
   */
  addSent(customId: string): void {
    if (this.#pending.has(customId) || this.#answered.has(customId)) this.inDoubt += 1;
    this.#pending.add(customId);
  }

  answer(customId: string): void {
    this.#answered.add(customId);
    this.#pending.delete(customId);
  }

  /** The provider said that it did nothing, or the call is not tried again. */
  settle(customId: string): void {
    this.#pending.delete(customId);
  }
}
