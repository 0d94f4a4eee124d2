// Realtime calls that were sent and of which nothing has been read yet, and those of which nothing was heard.

export class PendingCalls {
  /** Calls that were sent again although the result of the first call was not known: the provider may have run both. */
  inDoubt = 0;
  readonly #pending = new Set<string>();
  readonly #answered = new Set<string>();

  /** Custom ids of the calls of which nothing is known. */
  get unknown(): Iterable<string> {
    return this.#pending;
  }

  /**
   * A call that is still pending when it is sent again was in flight when a worker died, or its reply was lost. One that was answered was in
   * flight too: the answer came to a worker that was taken for dead, while another one sent the call again.
   */
  addSent(customId: string): void {
    if (this.#pending.has(customId) || this.#answered.has(customId)) this.inDoubt += 1;
    this.#pending.add(customId);
  }

  answer(customId: string): void {
    this.#answered.add(customId);
    this.#pending.delete(customId);
  }

  /** The provider said that it did nothing, or the call is not tried again. Whether nothing is known of the last call. */
  settle(customId: string): boolean {
    return this.#pending.delete(customId);
  }
}
