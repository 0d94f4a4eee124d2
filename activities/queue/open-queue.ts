// The first activity of every queue: checks it, claims its folder, and finds what an earlier queue of the same name left there.

import type { FoundQueue } from '../../domain/queue/changes.ts';
import { type OpenFlush, type QueueSettings, queueIdPrefix, recoveredMax } from '../../domain/queue/state.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { toTaskPriority } from '../../domain/sharing.ts';
import { namePattern, nameWanted } from '../../input/fields/field-kinds.ts';
import { queueReference } from '../../input/queue/reference.ts';
import { parseQueue } from '../../input/queue/resolve.ts';
import { readOwnIfThere } from '../../job-folder/job-file.ts';
import { reportFile } from '../../job-folder/paths.ts';
import { flushesFolder, parseFlushFile, resultsFolder, sealedFile } from '../../queue-folder/paths.ts';
import type { Store } from '../../storage/store.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';
import { checkAccount, refuseIfAny } from '../open/check-world.ts';
import { readSpecFile } from '../open/read-job.ts';
import { listDeliveries } from './list-deliveries.ts';
import { claimQueueFolder, resolveFlushJob } from './queue-file.ts';
import type { SealedFlush } from './seal-flush.ts';

export interface OpenQueueInput {
  readonly input: unknown;
  readonly workflowId: string;
  readonly startedAt: number;
}

export interface OpenedQueue {
  readonly settings: QueueSettings;
  readonly found: FoundQueue;
}

const historyEventsMax = 4_000;

/** May be run again at any time. If it refuses the queue, it has written nothing. */
export async function openQueue(deps: ActivityDeps, input: OpenQueueInput): Promise<OpenedQueue> {
  const { workflowId, startedAt } = input;
  const reference = queueReference(input.input);
  const written = reference === null ? input.input : await readSpecFile(deps.store, reference, 'queue');
  const parsed = parseQueue(written, readName(workflowId));
  if (parsed.kind === 'problems') throw new JobRefused('invalid_job', parsed.problems);
  const { spec } = parsed;
  const job = await resolveFlushJob(deps, spec, startedAt);
  refuseIfAny(await checkAccount(deps, job));
  await claimQueueFolder(deps.store, workflowId, spec);
  const { name, output, flush, concurrency, rememberMs, slaMs } = spec;
  return {
    settings: {
      name,
      output,
      flush,
      concurrency,
      rememberMs,
      ...(slaMs === null ? {} : { slaMs }),
      priority: toTaskPriority(job, deps.tenants[job.tenant ?? '']?.weight),
      timing: { ...deps.timing, providerWindowMs: requireKnownProvider(deps, job).limits.windowMs },
      historyEventsMax,
    },
    found: { ...(await listDeliveries(deps.store, output)), ...(await findFlushes(deps.store, output)) },
  };
}

function readName(workflowId: string): string {
  const name = workflowId.startsWith(queueIdPrefix) ? workflowId.slice(queueIdPrefix.length) : '';
  if (namePattern.test(name)) return name;
  const message = `is ${workflowId}; a queue has the id ${queueIdPrefix}<name>, with ${nameWanted}`;
  throw new JobRefused('invalid_job', [{ where: 'id', message }]);
}

/** The newest flush may have been taken but not sealed: then it is sealed again under its number. */
async function findFlushes(store: Store, output: string): Promise<Pick<FoundQueue, 'nextFlush' | 'open'>> {
  const numbers: number[] = [];
  for await (const { uri } of store.list(flushesFolder(output))) {
    const flush = parseFlushFile(uri);
    if (flush !== null) numbers.push(flush);
  }
  numbers.sort((one, other) => other - one);
  const recovered = numbers.slice(0, recoveredMax);
  const found: FoundFlush[] = [];
  for (let from = 0; from < recovered.length; from += sideBySideMax) {
    const some = recovered.slice(from, from + sideBySideMax);
    found.push(...(await Promise.all(some.map((flush) => findFlush(store, output, flush)))));
  }
  return {
    nextFlush: Math.min((numbers[0] ?? 0) + 1, ...found.flatMap((each) => (each.kind === 'taken' ? [each.flush] : []))),
    open: found.flatMap((each) => (each.kind === 'open' ? [each.open] : [])),
  };
}

const sideBySideMax = 32;

type FoundFlush =
  | { readonly kind: 'taken'; readonly flush: number }
  | { readonly kind: 'open'; readonly open: OpenFlush }
  | { readonly kind: 'over' };

async function findFlush(store: Store, output: string, flush: number): Promise<FoundFlush> {
  const sealed = await readOwnIfThere<SealedFlush>(store, sealedFile(output, flush));
  if (sealed === null) return { kind: 'taken', flush };
  const { items, isUrgent, at } = sealed;
  const isOver = items === 0 || (await store.head(reportFile(resultsFolder(output, flush)))) !== null;
  return isOver ? { kind: 'over' } : { kind: 'open', open: { flush, items, isUrgent, startedAt: at, failure: null } };
}
