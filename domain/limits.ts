// Bounds that several files share, or that shape a job as a whole. A bound that only one file needs stands in that file; a vendor's
// limits stand in its `limits.ts`.

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/** A row longer than this is refused: no provider takes one, and a line is held in memory whole. */
export const rowBytesMax = 32 * megabyte;
/** Batches whose files are being written at once, one per model and endpoint: bounds open files. */
export const openBatchesMax = 16;
/** Different pairs of model and endpoint in one dataset. */
export const modelsMax = 64;
/** Batches in one workflow's hands: three to eight events each, of 51,200 a history may have. */
export const batchesPerSegment = 500;
/**
 * Events of a history after which a job or segment starts nothing more, lets what runs end and continues as new. Far below the 51,200 at
 * which the server ends a workflow, because what runs still adds events.
 */
export const historyEventsMax = 8000;
/** Children started in one workflow task: a burst of more makes tasks slow. */
export const startsAtOnce = 20;
/** Batches that one job may have in one wave: 500 segments of 500. */
export const batchesPerWaveMax = batchesPerSegment * 500;
/** Entries of one page of the manifest, and of the `batches` query: keeps a payload under 64 KB. */
export const pageMax = 500;
/** Waves a job may have, whatever is asked of it. */
export const wavesMax = 50;
/** Realtime calls under way at once, at most. */
export const realtimeConcurrencyMax = 256;
/** Items of one realtime activity: what is looked at again after a crash, and how often pause is heard. */
export const realtimeChunkItems = 500;
/** Realtime calls of one item within one activity before it counts as retryable. */
export const realtimeAttemptsMax = 5;
/** Answers of other customers that `find` looks into to tell whose batch one is. */
export const findCandidatesMax = 200;
/** Pages of a provider's list that `find` turns. */
export const findPagesMax = 2000;
/** Pages that `find` turns in a row, all of whose entries are older than what it searches for, before it believes that the rest is older too. */
export const findPagesBeyond = 2;
/** A spec given by reference or inline may be this large. */
export const specBytesMax = 1 * megabyte;
