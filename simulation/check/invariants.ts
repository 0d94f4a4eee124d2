// The invariants of an ended job, whatever happened to it. Each check returns a sentence for each violation.

import { sumCounts } from '../../domain/outcome/outcome.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import { textOfRow } from '../world/job-world.ts';
import { type EndFacts, type Run, toLedgerId } from './facts.ts';

type Check = (facts: EndFacts) => readonly string[];

export function findBrokenInvariants(facts: EndFacts): string[] {
  const { report, ended, results, runs } = facts;
  if (report === null) {
    const isRefused = runs.size === 0 && results.length === 0;
    return isRefused ? [] : [`the job ended without a report: ${ended.failure}`];
  }
  return checks.flatMap((check) => check(facts));
}

const eachRowHasOneResult: Check = ({ results, script }) => {
  const rows = results.map(({ row }) => row);
  const isWhole = rows.length === script.rows && rows.every((row, at) => row === at + 1);
  return isWhole ? [] : [`results are of rows ${rows.join(' ')}, not of 1 to ${script.rows}`];
};

const reportCountsResults: Check = ({ results, report, ended }) => {
  if (report === null) return [];
  const answered = results.filter(({ status }) => status === 'answered').length;
  const reasons: Record<string, number> = {};
  const attempts: Record<string, number> = {};
  for (const { reason, attempts: times } of results) {
    if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
    attempts[times] = (attempts[times] ?? 0) + 1;
  }
  return [
    ...differ('answered rows', report.rows.answered, answered),
    ...differ('failed rows', report.rows.failed, results.length - answered),
    ...differ('reasons', sortKeys(report.errorsByReason), sortKeys(reasons)),
    ...differ('attempts', sortKeys(report.attempts), sortKeys(attempts)),
    ...differ('cancelled', report.cancelled, ended.isCancelled),
    ...differ('failed rows by reason', sumCounts(report.errorsByReason), report.rows.failed),
  ];
};

/** The report counts the known costs of a row's attempts; the row itself has no cost if one of them is unknown. */
const costsAddUp: Check = ({ results, report }) => {
  const sum = results.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0);
  const unknown = results.filter(({ costUsd }) => costUsd === null).length;
  const reported = report?.cost.usd ?? 0;
  const isRight = unknown === 0 ? Math.abs(sum - reported) < 1e-9 : reported > sum - 1e-9;
  return [
    ...(isRight ? [] : [`results cost ${sum}, the report says ${reported}`]),
    ...(report === null ? [] : differ('rows of unknown cost', report.cost.unpricedRows, unknown)),
  ];
};

const answersBelongToTheirRows: Check = ({ results }) =>
  results
    .filter(({ status, row, output }) => status === 'answered' && output !== `echo: ${textOfRow(row)}`)
    .map(({ row, output }) => `row ${row} has the answer ${JSON.stringify(output)}`);

/** Its answer came, but cannot be used: a policy may ask once more. */
const isFlawed = ({ outcome }: Run): boolean => ['refused', 'truncated', 'invalidJson', 'empty'].includes(outcome);
/** It was answered and billed, but its line does not say so. */
const isLost = ({ outcome }: Run): boolean => ['dropped', 'withoutId', 'garbled'].includes(outcome);

/** Its create had no reply, and no list ever shows it: a job cannot know of it. */
const isHidden = ({ world, batches, handles }: EndFacts, { batchId }: Run): boolean =>
  batchId !== null &&
  !handles.has(batchId) &&
  world.director.batchFaults.get(batches.findIndex(({ id }) => id === batchId) + 1)?.vanish === true;

const nothingRunsTwice: Check = (facts) => {
  const { runs, report } = facts;
  const broken: string[] = [];
  let lost = 0;
  let inFlight = 0;
  for (const [row, all] of runs) {
    for (const run of all.slice(0, -1)) {
      if (isFlawed(run) || isHidden(facts, run)) continue;
      if (isLost(run)) lost += 1;
      else if (run.lane === 'realtime') inFlight += 1;
      else broken.push(`row ${row} ran again after it was answered: ${describeRuns(all)}`);
    }
  }
  const { paidWithoutAnswer = 0, inDoubtCalls = 0 } = report?.anomalies ?? {};
  if (lost > paidWithoutAnswer) broken.push(`${lost} lost answers were paid again, ${paidWithoutAnswer} are counted`);
  if (inFlight > inDoubtCalls) broken.push(`${inFlight} realtime calls were paid again, ${inDoubtCalls} are counted`);
  return broken;
};

const answersAreCollected: Check = (facts) =>
  facts.results
    .filter(({ status }) => status === 'failed')
    .flatMap(({ row, reason }) => {
      const answered = (facts.runs.get(row) ?? []).filter(({ outcome }) => outcome === 'answered');
      const isDoubtful = reason === 'in_doubt' && isExcused(facts, answered);
      if (isDoubtful || answered.every((run) => isHidden(facts, run))) return [];
      return [`row ${row} was answered (${describeRuns(answered)}) and is ${reason}`];
    });

/** Whether the answers could not be read in time, so that they may be in doubt. */
function isExcused({ ended, world, batches, script }: EndFacts, answered: readonly Run[]): boolean {
  if (ended.isCancelled) return true;
  return answered.every(({ batchId }) => {
    const fault = world.director.batchFaults.get(batches.findIndex(({ id }) => id === batchId) + 1) ?? {};
    const isHidden = fault.endAs === 'failed' && !requireEmulated(script.vendor).keepsFailed;
    return isHidden || fault.vanish === true || fault.neverEnd === true || fault.stuckIn !== undefined;
  });
}

const onlyTheSentAreInDoubt: Check = (facts) =>
  facts.results
    .filter(({ reason, row }) => reason === 'in_doubt' && !facts.sent.has(row) && !isUnknowable(facts, row))
    .map(({ row }) => `row ${row} is in doubt and was never sent`);

/** Its worker died between intent and create, its job was cancelled, and the provider cannot be asked for longer than a cancelled batch waits. */
const isUnknowable = ({ ended, intended, script }: EndFacts, row: number): boolean =>
  ended.isCancelled &&
  intended.has(row) &&
  [script.provider.outage ?? []].flat().some(({ forMs = 0 }) => forMs > cancelGraceMs);

/** The default of NIGHTSHIFT_CANCEL_GRACE, which jobs on skipped time have. */
const cancelGraceMs = 30 * 60_000;

const open = ['validating', 'in_progress', 'finalizing', 'cancelling', 'canceling'];

const nothingIsLeftRunning: Check = ({ batches, report }) =>
  batches
    .filter(({ state, id }) => open.includes(state) && report?.inDoubtBatches.map(toLedgerId).includes(id) !== true)
    .map(({ id, state }) => `batch ${id} is left ${state}, and the report does not name it`);

const everyAnswerWasGiven: Check = ({ results, runs }) =>
  results
    .filter(({ status, row }) => status === 'answered' && !(runs.get(row) ?? []).some((run) => !isFlawed(run)))
    .map(({ row }) => `row ${row} is answered, and the provider never ran it`);

const checks: readonly Check[] = [
  eachRowHasOneResult,
  reportCountsResults,
  costsAddUp,
  answersBelongToTheirRows,
  nothingRunsTwice,
  answersAreCollected,
  onlyTheSentAreInDoubt,
  nothingIsLeftRunning,
  everyAnswerWasGiven,
];

const describeRuns = (runs: readonly Run[]): string =>
  runs.map(({ lane, batchId, outcome }) => `${outcome} in ${batchId ?? lane}`).join(', ');

const sortKeys = (counts: Readonly<Record<string, number>>): object =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));

function differ(what: string, reported: unknown, counted: unknown): string[] {
  const [said, found] = [JSON.stringify(reported), JSON.stringify(counted)];
  return said === found ? [] : [`${what}: the report says ${said}, the results ${found}`];
}
