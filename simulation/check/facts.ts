// The facts of an ended job: its results and report on disk, and the provider's ledger for each row.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { bodyFacts } from '../../emulator/answers/body-facts.ts';
import type { ItemFates } from '../../emulator/server/control.ts';
import { hex16 } from '../../emulator/world/hash.ts';
import { isHandleFile } from '../../job-folder/paths.ts';
import type { HandleRecord } from '../../job-folder/submission.ts';
import type { Script } from '../script/script.ts';
import type { Commands } from '../world/commands.ts';
import type { JobWorld } from '../world/job-world.ts';

/** How the job's last workflow ended. */
export interface Ended {
  readonly kind: 'ended';
  readonly hours: number;
  readonly isCancelled: boolean;
  readonly failure: string | null;
}

/** One time that the provider ran an item and billed it. */
export interface Run {
  readonly lane: 'batch' | 'realtime';
  /** The provider's id; null in the realtime lane. */
  readonly batchId: string | null;
  readonly outcome: ItemFates['batches'][number]['items'][number]['outcome'];
}

export interface EndFacts {
  readonly world: JobWorld;
  readonly script: Script;
  readonly ended: Ended;
  readonly results: readonly ResultLine[];
  /** Null if the job ended before it had one. */
  readonly report: JobReport | null;
  readonly batches: ItemFates['batches'];
  /** Billed runs in the order in which their batches were created; realtime calls last, or first if a batch gave the row its result. */
  readonly runs: ReadonlyMap<number, readonly Run[]>;
  /** Provider batches that a handle on disk names. */
  readonly handles: ReadonlySet<string>;
  /** Rows with a request that the provider was asked to run, whether it did or not. */
  readonly sent: ReadonlySet<number>;
  /** Rows of a batch whose intent was written, whether it was created or not. */
  readonly intended: ReadonlySet<number>;
}

export async function gatherFacts(world: JobWorld, commands: Commands, ended: Ended): Promise<EndFacts> {
  const folder = join(world.root, commands.output);
  const { batches, sync } = await world.control.items();
  const planned = readPlanned(folder, world);
  const results = readLines<ResultLine>(join(folder, 'results.jsonl'));
  return {
    world,
    script: world.script,
    ended,
    results,
    report: readReport(join(folder, 'report.json')),
    batches,
    runs: listRuns(planned, { batches, sync }, results),
    handles: new Set(listHandles(folder)),
    sent: new Set(planned.filter(({ isSent }) => isSent).map(({ row }) => row)),
    intended: new Set(planned.filter(({ isIntended }) => isIntended).map(({ row }) => row)),
  };
}

interface PlannedItem {
  readonly row: number;
  readonly customId: string;
  /** The hash by which the ledger knows the request. */
  readonly body: string;
  /** Whether a worker called the provider to run the row's batch, or the row alone. */
  readonly isSent: boolean;
  readonly isIntended: boolean;
}

/** Vendors differ in the name of the request. */
type RequestLine = Partial<Record<'body' | 'params' | 'request' | 'modelInput', object>>;

function readPlanned(folder: string, { calls }: JobWorld): PlannedItem[] {
  const plan = join(folder, 'plan');
  if (!existsSync(plan)) return [];
  return readdirSync(plan).flatMap((wave) =>
    readdirSync(join(plan, wave))
      .filter((file) => file.endsWith('.items.jsonl'))
      .flatMap((file) => {
        const part = `${wave}/${file.slice(0, -'.items.jsonl'.length)}`;
        const isSent = calls.has(part, 'create') || calls.has(part, 'ask');
        const isIntended = calls.has(part, 'write intent');
        const requests = readLines<RequestLine>(join(plan, part.concat('.requests.jsonl')));
        return readLines<{ row: number; customId: string }>(join(plan, wave, file)).map(({ row, customId }, at) => {
          const { body, params, request, modelInput } = requests[at] ?? {};
          const { hash } = bodyFacts({ ...(body ?? params ?? request ?? modelInput) });
          return { row, customId, body: hex16(hash), isSent, isIntended };
        });
      }),
  );
}

/** Google's ids are paths, whose last part the ledger has. */
export const toLedgerId = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

function listHandles(folder: string): string[] {
  const plan = join(folder, 'plan');
  if (!existsSync(plan)) return [];
  const files = readdirSync(plan, { recursive: true, encoding: 'utf8' }).filter(isHandleFile);
  return files.flatMap((file) => {
    const { handle, twinHandles = [], earlier }: HandleRecord = JSON.parse(readFileSync(join(plan, file), 'utf8'));
    return [handle, ...twinHandles, ...earlier].map(({ id }) => toLedgerId(id));
  });
}

const notBilled = ['notRun', 'missing', 'timeout', 'error400', 'error429', 'error500'];

function listRuns(
  planned: readonly PlannedItem[],
  { batches, sync }: ItemFates,
  results: readonly ResultLine[],
): Map<number, Run[]> {
  const rowById = new Map(planned.map(({ customId, row }) => [customId, row]));
  const rowByBody = new Map(planned.map(({ body, row }) => [body, row]));
  const runs = new Map<number, Run[]>();
  const endedInBatch = new Set(results.flatMap(({ row, lane }) => (lane === 'batch' ? [row] : [])));
  const add = (row: number, run: Run): void => {
    const earlier = runs.get(row) ?? [];
    runs.set(row, run.lane === 'realtime' && endedInBatch.has(row) ? [run, ...earlier] : [...earlier, run]);
  };
  for (const { id, items } of batches) {
    for (const { customId, body, outcome } of items) {
      if (notBilled.includes(outcome)) continue;
      add(rowById.get(customId) ?? rowByBody.get(body) ?? 0, { lane: 'batch', batchId: id, outcome });
    }
  }
  for (const { body, times, flawed } of sync) {
    for (let time = 0; time < times; time += 1) {
      const outcome = time < flawed ? 'truncated' : 'answered';
      add(rowByBody.get(body) ?? 0, { lane: 'realtime', batchId: null, outcome });
    }
  }
  return runs;
}

function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
}

function readReport(path: string): JobReport | null {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}
