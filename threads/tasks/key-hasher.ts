// Hashes texts that come in pieces into keys, without joining the pieces into one text first.

import type { ItemKey } from '../../domain/ids.ts';
import { hashKey } from '../../job-folder/identity.ts';

/** Enough for usual rows; it grows for longer ones, and shrinks again after very long ones. */
const roomBytes = 256 * 1024;
const keptBytesMax = 16 * roomBytes;

export class KeyHasher {
  #room = Buffer.allocUnsafeSlow(roomBytes);

  hash(pieces: readonly string[]): ItemKey {
    let used = 0;
    for (const piece of pieces) {
      // A character takes at most three bytes.
      this.#makeRoom(used, 3 * piece.length);
      used += this.#room.write(piece, used);
    }
    const key = hashKey(this.#room.subarray(0, used));
    if (this.#room.length > keptBytesMax) this.#room = Buffer.allocUnsafeSlow(roomBytes);
    return key;
  }

  #makeRoom(used: number, bytes: number): void {
    if (used + bytes <= this.#room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(used + bytes, 2 * this.#room.length));
    this.#room.copy(larger, 0, 0, used);
    this.#room = larger;
  }
}
