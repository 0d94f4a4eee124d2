// Bounds that several files share, or that shape a whole job. A bound that only one file needs is in that file; a vendor's limits are in its
// `limits.ts`.

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/** A longer row is refused: no provider takes one, and a line is held whole in memory. */
export const rowBytesMax = 32 * megabyte;
/** Batches whose files are written at the same time, one per model and endpoint: bounds open files. */
export const openBatchesMax = 16;
/** Different pairs of model and endpoint in one dataset. */
export const modelsMax = 64;
/** Batches of one workflow: three to eight events each, of 51,200 that a history may have. */
export const batchesPerSegment = 500;
/**
 * After so many events, a job or segment starts nothing more, lets what runs end and continues as new. Far below the 51,200 at which the server
 * ends a workflow, because what runs still adds events.
 */
export const historyEventsMax = 8000;
/** Children started in one workflow task: a burst of more makes tasks slow. */
export const startsAtOnce = 20;
/** Batches that one job may have in one wave: 500 segments of 500. */
export const batchesPerWaveMax = batchesPerSegment * 500;
/** Entries of one page of the manifest, and of the `batches` query: keeps a payload under 64 KB. */
export const pageMax = 500;
/** The most waves of a job, whatever is asked of it. */
export const wavesMax = 50;
/** The most realtime calls in progress at the same time. */
export const realtimeConcurrencyMax = 256;
/** Items of one realtime activity: they are checked again after a crash. A pause stops the activity sooner. */
export const realtimeChunkItems = 500;
/** Realtime calls of one item within one activity before it counts as retryable. */
export const realtimeAttemptsMax = 5;
/** Answers of other customers that `find` reads to decide whose a batch is. */
export const findCandidatesMax = 200;
/** Pages of a provider's list that `find` reads. */
export const findPagesMax = 2000;
/** After so many pages in a row with only older entries than it searches for, `find` takes the rest to be older too. */
export const findPagesBeyond = 2;
/** Creates of one batch whose replies may be lost: a provider may make a batch each time, and show none of them. */
export const lostCreatesMax = 5;
/** A job's id: with a longer one, the ids of its batches would pass the 1,000 bytes that Temporal takes, and the job could never start one. */
export const jobIdBytesMax = 900;
/** The largest spec, given by reference or inline. */
export const specBytesMax = 1 * megabyte;

/** How long a job should take that says nothing of it. */
export const slaMsDefault = 2 * 60 * 60_000;
