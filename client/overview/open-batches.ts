// The open batches and segments of a job as Temporal knows them, without a worker: no more than which workflows run.

import type { WorkflowHandle } from '@temporalio/client';

export interface OpenBatch {
  readonly workflow: string;
  /** Null for a segment. The same holds for the batch. */
  readonly wave: number | null;
  readonly batch: number | null;
}

const batchId = /\/wave-(\d+)\/batch-(\d+)$/;

export async function listOpenBatches(handle: WorkflowHandle): Promise<readonly OpenBatch[]> {
  const { raw } = await handle.describe();
  return (raw.pendingChildren ?? []).map(({ workflowId }) => {
    const workflow = workflowId ?? '';
    const [, wave, batch] = batchId.exec(workflow) ?? [];
    return { workflow, wave: toNumber(wave), batch: toNumber(batch) };
  });
}

const toNumber = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
