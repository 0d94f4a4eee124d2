// Plays one script from the start of its job to the end, and checks the result.

import { setTimeout as delay } from 'node:timers/promises';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import { type Ended, gatherFacts } from '../check/facts.ts';
import { findBrokenInvariants } from '../check/invariants.ts';
import { nameMoment, type Script } from '../script/script.ts';

import { Commands } from '../world/commands.ts';
import { type Grounds, JobWorld } from '../world/job-world.ts';
import { skippedTime } from './environments.ts';
import type { SimulationServer } from './server.ts';
import { watchChanges } from './watch.ts';

export interface Played {
  readonly script: Script;
  /** The calls in the order in which they began. */
  readonly order: readonly string[];
  readonly broken: readonly string[];
  /** What happened, for people. */
  readonly story: readonly string[];
  readonly realMs: number;
  readonly virtualHours: number;
  /** The job did not end: its workflows are still open, and the server can no longer be used. */
  readonly isStuck: boolean;
  /** The job did not end because of a fault of the server: the invariants cannot be checked. */
  readonly isVoid: boolean;
  /** Calls out of the recorded order, if there was one. */
  readonly strayed: number;
  /** Empty if the job did not end. */
  readonly results: readonly ResultLine[];
}

const hourMs = 3_600_000;
/** Far longer than an answer takes on any machine: only a server that hangs needs it. */
const answerMsMax = 60_000;

let runs = 0;

export interface PlayOptions {
  /** The order of calls to reproduce. Default: none, calls come in any order. */
  readonly recorded?: readonly string[];
  /** Breaks the product on purpose, to show that an invariant notices it. */
  readonly alter?: Grounds['alter'];
}

export async function playScript(
  server: SimulationServer,
  script: Script,
  { recorded = [], alter = (provider) => provider }: PlayOptions = {},
): Promise<Played> {
  runs += 1;
  const startedAt = Date.now();
  const name = `seed-${script.seed}-${runs}`;
  const commands = new Commands(server.client, server.taskQueue, name);
  const world = await JobWorld.open({ ...server.grounds, alter }, script, name, commands, recorded);
  server.add(world);
  try {
    const ended = await runToEnd(server, world, commands);
    if (ended.kind === 'ended' && commands.workflowIds.length > 1) await endAll(server, world, commands);
    const facts = ended.kind === 'ended' ? await gatherFacts(world, commands, ended) : null;
    const broken = facts === null ? listStuck(ended) : findBrokenInvariants(facts);
    return {
      script,
      order: world.calls.order,
      broken,
      results: facts?.results ?? [],
      story: tellStory(world, server, broken.length > 0),
      realMs: Date.now() - startedAt,
      virtualHours: ended.hours,
      strayed: world.calls.strayed,
      isStuck: ended.kind !== 'ended' || server.isHeld,
      isVoid: ended.kind === 'void',
    };
  } finally {
    server.remove(world);
    await world.close();
  }
}

const listStuck = (ended: Outcome): readonly string[] => (ended.kind === 'stuck' ? [ended.why] : []);

type Outcome = Ended | { readonly kind: 'stuck' | 'void'; readonly hours: number; readonly why: string };

async function runToEnd(server: SimulationServer, world: JobWorld, commands: Commands): Promise<Outcome> {
  const { stepMs, msMax } = server.kind;
  await commands.start(describeJob(world.script));
  const watch = watchChanges(() => world.changes);
  try {
    for (let passedMs = stepMs; passedMs <= msMax; passedMs += stepMs) {
      const hours = passedMs / hourMs;
      const hasPassed = await server.pass(watch.signal);
      const ended = await findEnd(commands, hours);
      if (ended !== null) return ended;
      if (!hasPassed) return await describeStuck(server, world, commands, hours);
      await helpOn(commands);
    }
    return await describeStuck(server, world, commands, msMax / hourMs);
  } finally {
    watch.stop();
  }
}

async function findEnd(commands: Commands, hours: number): Promise<Outcome | null> {
  const described = await within(answerMsMax, commands.handle.describe());
  if (described === 'late') return { kind: 'void', hours, why: 'the server does not answer' };
  const { status } = described;
  if (status.name === 'RUNNING' || commands.isGiving) return null;
  const result = commands.handle.result().then(
    () => null,
    (error: unknown) => describeFailure(error),
  );
  return { kind: 'ended', hours, isCancelled: status.name === 'CANCELLED', failure: await result };
}

function describeJob({ vendor, job }: Script): Record<string, unknown> {
  const prompt = { user: '{{ text }}', maxTokens: 16 };
  return { dataset: 'rows.jsonl', provider: vendor, model: requireEmulated(vendor).model, prompt, ...job };
}

/** A person who checks the job from time to time: lifts each pause, and ends the job if the provider has no room for over a day. */
async function helpOn(commands: Commands): Promise<void> {
  const status = await within(
    answerMsMax,
    commands.handle.query<JobStatus, []>('status').catch(() => null),
  );
  if (status === 'late' || status === null) return;
  if (status.pauses.some(({ reason }) => reason === 'budget')) await commands.give({ name: 'setBudget', usd: null });
  if (status.pauses.some(({ reason }) => reason !== 'budget')) await commands.give({ name: 'resume' });
  if (lacksRoomForLong(status)) await commands.give({ name: 'setDeadline', change: { job: '1m' } });
}

/** A stuck batch may hold the provider's last place for ever, and only `deadline.job` ends the wait for room. */
const lacksRoomForLong = ({ lastFault }: JobStatus): boolean =>
  lastFault?.fault === 'capacity' && lastFault.at - lastFault.since > 30 * hourMs;

/** If the server lost a task or the worker, or if nothing runs and the job waits only for time, the fault is the server's. */
async function describeStuck(
  server: SimulationServer,
  world: JobWorld,
  commands: Commands,
  hours: number,
): Promise<Outcome> {
  const status = await within(answerMsMax, commands.handle.query<JobStatus, []>('status').catch(String));
  const ids = commands.workflowIds.flatMap((id) => [...world.calls.parts].map((part) => `${id}/${part}`));
  const all = await Promise.all(ids.map((id) => describeOpen(server, id.replace('/job', ''))));
  const open = all.filter((one) => one !== null);
  const holdsTime = server.kind === skippedTime && open.every(({ waitsForTime }) => waitsForTime);
  const why = `the job does not end: ${JSON.stringify(status)}; open: ${open.map(({ text }) => text).join('; ')}`;
  return { kind: server.isSpoiled || (holdsTime && hours < 24) ? 'void' : 'stuck', hours, why };
}

async function describeOpen({ client }: SimulationServer, workflowId: string) {
  const described = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  if (described === null || described.status.name !== 'RUNNING') return null;
  const { pendingActivities, pendingWorkflowTask } = described.raw;
  const pending = (pendingActivities ?? []).map(({ activityType, attempt, lastFailure }) =>
    [activityType?.name, `attempt ${attempt}`, lastFailure?.message ?? ''].join(' '),
  );
  return {
    text: `${workflowId} waits for ${pending.join(', ') || (pendingWorkflowTask == null ? 'time' : 'a workflow task')}`,
    waitsForTime: pending.length === 0 && pendingWorkflowTask == null,
  };
}

function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | 'late'> {
  const timer = new AbortController();
  try {
    const late = delay(Math.max(1, ms), 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/** Open workflows would continue during all further seeds. */
async function endAll({ client }: SimulationServer, { calls }: JobWorld, { workflowIds }: Commands): Promise<void> {
  const parts = [...calls.parts].filter((part) => part !== 'job');
  const ids = workflowIds.flatMap((id) => [id, ...parts.map((part) => `${id}/${part}`)]);
  const end = (id: string): Promise<unknown> => client.workflow.getHandle(id).terminate('the simulation is over');
  await Promise.all(ids.map((id) => end(id).catch(() => undefined)));
}

function tellStory(world: JobWorld, server: SimulationServer, isLong: boolean): string[] {
  const fired = [...world.director.fired].map(({ at, deed }) => `${nameMoment(at)}: ${deed.kind}`);
  const unfired = world.script.events.length - world.director.fired.size;
  const facts = [`fired: ${fired.join('; ') || 'nothing'}; not reached: ${unfired}; deaths: ${world.deaths}`];
  return isLong
    ? [...facts, ...world.director.notes, ...server.log.map((line) => `log: ${line.slice(0, 300)}`)]
    : facts;
}
