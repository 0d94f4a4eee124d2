// The files that an account stores at its provider: that storage is limited, like the room for batches.

export interface FileUsage {
  readonly files: number;
  readonly bytes: number;
  /** How many of the files Nightshift uploaded. */
  readonly own: number;
  /** How many have no expiry. */
  readonly lasting: number;
  /** False if the provider may have more files, or if it does not state the size of each. */
  readonly isWhole: boolean;
}

/** What the provider stores at most; null where it publishes no bound. */
export interface FileBounds {
  readonly lastingFilesMax: number | null;
  readonly fileBytesMax: number | null;
}

const nearlyFullFrom = 0.8;

export const isNearlyFull = ({ lasting, bytes }: FileUsage, { lastingFilesMax, fileBytesMax }: FileBounds): boolean =>
  (lastingFilesMax !== null && lasting >= lastingFilesMax * nearlyFullFrom) ||
  (fileBytesMax !== null && bytes >= fileBytesMax * nearlyFullFrom);
