// Warns about a scheduled job that would fail at each start, if its file can be read on this machine.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const mark = '{date}';

export async function cautions(jobPath: string, timezone: string, dataRoot: string): Promise<readonly string[]> {
  const file = join(dataRoot, jobPath);
  if (!existsSync(file)) return [`${file} is not there: the path must be below the workers' data root`];
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    return [`${file} is not JSON: each start would fail`];
  }
  const { readFields } = await import('../../input/read.ts');
  const { fields, problems } = readFields(input);
  if (problems.length > 0) return problems.map(({ where, message }) => `${file}: ${where} ${message}`);
  const { dataset, output } = fields;
  const paths = [dataset, output].map((place) => (typeof place === 'string' ? place : place?.uri));
  const [, folder] = paths;
  const dated = paths.some((path) => path?.includes(mark));
  const ownZone = fields.timezone ?? 'UTC';
  return [
    ...(folder !== undefined && !folder.includes(mark)
      ? [`its output is always ${folder}: the second start would be refused; put ${mark} into it, or leave it out`]
      : []),
    ...(dated && ownZone !== timezone
      ? [
          `${mark} is the day in ${ownZone}, but the schedule starts by the clock of ${timezone}: set "timezone" in the job file`,
        ]
      : []),
  ];
}
