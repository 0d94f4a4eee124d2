// How lines are cut into chunks for threads: by lines and bytes alone, never by time or by which thread is free.

export const chunkLinesMax = 2000;
export const chunkBytesMax = 1024 * 1024;
/** Chunks in progress beyond one for each thread: the next ones are there before a thread has finished. */
export const chunksAhead = 2;
