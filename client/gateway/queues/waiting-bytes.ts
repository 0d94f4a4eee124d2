// Bounds the memory of the intake: bodies that are being read, and items that wait until they are durable.

import { GatewayError } from '../errors.ts';

export class WaitingBytes {
  readonly #max: number;
  #waiting = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** `take` refuses what is too much now. What `use` has taken is free again when it ends. */
  async during<T>(use: (take: (bytes: number) => void) => Promise<T>): Promise<T> {
    let own = 0;
    const take = (bytes: number): void => {
      if (this.#waiting + bytes > this.#max) {
        throw new GatewayError('too_many_requests', 'too many items wait to be written: send these again', {
          retryAfter: 1,
        });
      }
      own += bytes;
      this.#waiting += bytes;
    };
    try {
      return await use(take);
    } finally {
      this.#waiting -= own;
    }
  }
}
