// The first activity of every job: reads and checks the job, claims its output, and resolves the settings that its workflow runs by.

import type { JobFile, JobSettings } from '../../domain/job.ts';
import { describePriceAge } from '../../domain/money/price-age.ts';
import type { Validity } from '../../domain/plan/validity.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { describeUnknownTenant } from '../../domain/sharing.ts';
import { takeOver } from '../../input/resume.ts';
import type { ActivityDeps } from '../deps.ts';
import { beginJob } from './begin.ts';
import { checkWorld } from './check-world.ts';
import { type OpenInput, type ReadJob, readJob } from './read-job.ts';
import { resumeJob } from './resume.ts';
import { resolveSettings } from './settings.ts';
import { tryRows } from './try-rows.ts';

/** May be run again at any time: the same run finds its claim again. If it refuses the job, it has written nothing. */
export async function open(deps: ActivityDeps, input: OpenInput): Promise<JobSettings> {
  const read = await readJob(deps, input);
  const searchAttributes = await deps.cluster.registeredSearchAttributes();
  const job = await claimJob(deps, input, read);
  const settings = await resolveSettings(deps, job, input.startedAt, searchAttributes);
  if (read.parsed.kind !== 'job') return settings;
  const ofPrices = describePriceAge(job.pricesDated, input.startedAt);
  const ofTenant = describeTenant(deps, job.spec.tenant);
  return { ...settings, warnings: [...read.parsed.warnings, ...ofPrices, ...ofTenant] };
}

/** Refuses what `open` would refuse, and what planning would for the first rows, but claims nothing. Null for a job that resumes another. */
export async function validate(deps: ActivityDeps, input: OpenInput): Promise<Validity | null> {
  const { parsed } = await readJob(deps, input);
  if (parsed.kind === 'resume') return null;
  await checkWorld(deps, input, parsed.spec, parsed.spec.output);
  const warnings = [
    ...parsed.warnings,
    ...describePriceAge(deps.prices.dated, input.startedAt),
    ...describeTenant(deps, parsed.spec.tenant),
  ];
  return { ...(await tryRows(deps, parsed.spec)), warnings };
}

const describeTenant = ({ tenants, admission }: ActivityDeps, tenant: string | undefined): readonly string[] =>
  describeUnknownTenant(tenant, {
    known: Object.keys(tenants),
    isOtherLimited: Object.keys(admission?.limits.otherTenants ?? {}).length > 0,
  });

async function claimJob(deps: ActivityDeps, input: OpenInput, { parsed, facts }: ReadJob): Promise<JobFile> {
  if (parsed.kind === 'resume') {
    if (input.output !== undefined) {
      const message = 'this job is planned already, so there is nothing to estimate';
      throw new JobRefused('invalid_job', [{ where: 'resumeFrom', message }]);
    }
    return resumeJob(deps, input, parsed.from, (old) => takeOver(old, parsed.changes, parsed.same, facts));
  }
  const output = input.output ?? parsed.spec.output;
  await checkWorld(deps, input, parsed.spec, output);
  return beginJob(deps, input, { ...parsed.spec, output });
}
