// What the doctor says of the files that an account stores at its provider.

import { isNearlyFull } from '../../../domain/capacity/file-storage.ts';
import type { Checkup } from '../../../domain/checkup.ts';
import { defaultAccount } from '../../../domain/job.ts';
import { formatBytes } from '../print-job.ts';
import { type Finding, ok, warn } from './findings.ts';

export function describeFiles(stored: NonNullable<Checkup['files']>[number]): Finding {
  const { provider, account, files, bytes, own, lasting, isWhole, lastingFilesMax, fileBytesMax } = stored;
  const lastingOf = lastingFilesMax === null ? '' : `, ${lasting} of ${lastingFilesMax} without an expiry`;
  const size = `${formatBytes(bytes)}${fileBytesMax === null ? '' : ` of ${formatBytes(fileBytesMax)}`}`;
  const what = `files of ${provider}`;
  const found = `${isWhole ? '' : 'at least '}${files} (${own} of Nightshift)${lastingOf}, ${size}`;
  const of = account === defaultAccount ? '' : `account ${account}: `;
  if (!isNearlyFull(stored, stored)) return ok(what, of + found);
  return warn(
    what,
    of + found,
    `delete files at ${provider} that nobody needs: uploads wait while its storage is full`,
  );
}
