// The workflows that a worker offers, by the names people start them with.

export { processBatch } from './process-batch.ts';
export { processDataset } from './process-dataset.ts';
export { processRealtime } from './process-realtime.ts';
export { processSegment } from './process-segment.ts';
export { checkWorker, estimateDataset, validateDataset } from './questions.ts';
