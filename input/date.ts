// Fills in `{date}` in a job's paths: the day for which a run was scheduled, not the day on which it happens to run.

import type { JobFields } from './schema.ts';

const mark = '{date}';

/** The day at an instant, as YYYY-MM-DD, in an IANA time zone. */
function dayAt(at: number, timezone = 'UTC'): string {
  const parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const find = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? '';
  return `${find('year').padStart(4, '0')}-${find('month')}-${find('day')}`;
}

export function withDate(fields: JobFields, at: number): JobFields {
  const { dataset, output, timezone } = fields;
  const day = dayAt(at, timezone);
  const filled = (path: string): string => path.replaceAll(mark, day);
  return {
    ...fields,
    ...(dataset === undefined ? {} : { dataset: inDataset(dataset, filled) }),
    ...(output === undefined ? {} : { output: inPath(output, filled) }),
  };
}

function inDataset(
  dataset: NonNullable<JobFields['dataset']>,
  filled: (path: string) => string,
): NonNullable<JobFields['dataset']> {
  if (typeof dataset === 'string') return filled(dataset);
  const { uri } = dataset;
  return { ...dataset, uri: typeof uri === 'string' ? filled(uri) : uri.map(filled) };
}

function inPath<Place extends { readonly uri: string }>(
  place: string | Place,
  filled: (path: string) => string,
): string | Place {
  return typeof place === 'string' ? filled(place) : { ...place, uri: filled(place.uri) };
}
