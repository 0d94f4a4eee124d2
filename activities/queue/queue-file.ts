// `queue.json`: whose folder it is, and the queue as its activities use it.

import type { JobSpec } from '../../domain/job.ts';
import { flushWorkflowId } from '../../domain/queue/state.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { type QueueSpec, writeFlushJob } from '../../input/queue/resolve.ts';
import { createOrRead, readOwn } from '../../job-folder/job-file.ts';
import { jobFile } from '../../job-folder/paths.ts';
import { queueFile, resultsFolder, rowsFile } from '../../queue-folder/paths.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { readJob } from '../open/read-job.ts';

/** The input of every activity of a queue. */
export interface QueueRef {
  readonly output: string;
}

interface QueueFile {
  readonly version: 1;
  readonly workflowId: string;
  readonly spec: QueueSpec;
}

/** The queue's newest spec: it may have changed when the queue was started again. */
export async function readQueueSpec(store: Store, { output }: QueueRef): Promise<QueueSpec> {
  return (await readOwn<QueueFile>(store, queueFile(output))).spec;
}

/** A queue that is started again finds its folder. Another queue or a job has to have another one. */
export async function claimQueueFolder(store: Store, workflowId: string, spec: QueueSpec): Promise<void> {
  const { output } = spec;
  const refuse = (owner: string): JobRefused =>
    new JobRefused('output_claimed', [
      { where: 'output', message: `${output} belongs to ${owner}: give another \`output\`` },
    ]);
  if ((await store.head(jobFile(output))) !== null) throw refuse('a job');
  const file: QueueFile = { version: 1, workflowId, spec };
  const found = await createOrRead(store, queueFile(output), file);
  if (found.workflowId !== workflowId) throw refuse(found.workflowId);
  if (found !== file) await writeJson(store, queueFile(output), file);
}

type ReadDeps = Parameters<typeof readJob>[0];

/** The job that a flush runs, resolved. Its problems name their field as `job.…`, as the queue file has it. */
export async function resolveFlushJob(deps: ReadDeps, spec: QueueSpec, at: number): Promise<JobSpec> {
  const flush = 1;
  const { name, output } = spec;
  const folders = { dataset: rowsFile(output, flush), output: resultsFolder(output, flush) };
  const run = { workflowId: flushWorkflowId(name, flush), firstRunId: '', startedAt: at };
  try {
    const input = writeFlushJob(spec, { ...folders, isUrgent: false });
    const { parsed } = await readJob(deps, { ...run, input });
    if (parsed.kind === 'job') return parsed.spec;
    throw new JobRefused('invalid_job', [{ where: 'job', message: 'must be a job of its own' }]);
  } catch (error) {
    if (!(error instanceof JobRefused)) throw error;
    throw new JobRefused(
      error.kind,
      error.problems.map(({ where, message }) => ({ where: where === '' ? 'job' : `job.${where}`, message })),
    );
  }
}

/** The same, by the queue's newest spec. */
export const readFlushJob = async (deps: ReadDeps & Pick<ActivityDeps, 'now'>, ref: QueueRef): Promise<JobSpec> =>
  resolveFlushJob(deps, await readQueueSpec(deps.store, ref), deps.now());
