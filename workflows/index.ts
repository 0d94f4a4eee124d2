// The workflows that a worker offers, by the names people start them with.

export { processBatch } from './batch/process-batch.ts';
export { processRealtime } from './batch/process-realtime.ts';
export { dispatch } from './dispatcher/dispatch.ts';
export { processDataset } from './job/process-dataset.ts';
export { checkWorker, estimateDataset, validateDataset } from './questions.ts';
export { flushQueue } from './queue/flush-queue.ts';
export { processQueue } from './queue/process-queue.ts';
export { processSegment } from './segment/process-segment.ts';
export { deliverWebhook } from './webhook/deliver-webhook.ts';
