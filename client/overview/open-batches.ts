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
  // The server lists them in any order. Numbers in their ids have leading zeros.
  const workflows = (raw.pendingChildren ?? []).map(({ workflowId }) => workflowId ?? '').toSorted();
  return workflows.map((workflow) => ({ workflow, ...(parseBatchId(workflow) ?? { wave: null, batch: null }) }));
}

/** Null for the id of another workflow. */
export function parseBatchId(workflow: string): { readonly wave: number; readonly batch: number } | null {
  const [, wave, batch] = batchId.exec(workflow) ?? [];
  return wave === undefined || batch === undefined ? null : { wave: Number(wave), batch: Number(batch) };
}
