// What a worker's checkup means, and how to fix what is not right.

import { type BucketVerdict, type Checkup, type StoreAbility, storeAbilities } from '../../../domain/checkup.ts';
import { formatDuration } from '../../../domain/duration.ts';
import { version } from '../../version.ts';
import { describeFiles } from './file-findings.ts';
import { bad, type Finding, ok, warn } from './findings.ts';

/** A plan and its answers take about three times the dataset's size. */
const freeBytesWanted = 1024 ** 3;
/** The measured difference includes the time a task takes to arrive. More than this means that the clock is wrong. */
const clockMsMax = 5000;

/** When this machine asked for the checkup and when it was answered, by its own clock. */
export interface Asked {
  readonly from: number;
  readonly to: number;
}

export function* toFindings(checkup: Checkup, asked: Asked): Generator<Finding> {
  const { keys, store, clockMs, serverMs } = checkup;
  // An account of the config file was meant to be used, so its lack of a key is a problem of its own.
  const isUnused = ({ account, verdict }: Checkup['keys'][number]) => verdict === 'missing' && account === undefined;
  for (const key of keys) if (!isUnused(key)) yield describeKey(key);
  yield* describeMissing(keys.filter(isUnused), keys.length);
  for (const bucket of checkup.buckets ?? []) yield describeBucket(bucket);
  for (const role of checkup.roles ?? []) yield describeRole(role);
  for (const stored of checkup.files ?? []) yield describeFiles(stored);
  yield describeStore(store);
  if (store.verdict === 'ok') yield* describeAbilities(store.abilities);
  yield describeClock('clock', "the worker's", clockMs);
  if (serverMs !== undefined) yield describeClock('clock here', "this machine's", computeAheadMs(asked, serverMs));
  yield describeVersion(checkup);
}

/** Nobody has an account at every provider: they are named in one finding. */
function* describeMissing(missing: Checkup['keys'], of: number): Generator<Finding> {
  if (missing.length === 0) return;
  const names = missing.map(({ provider }) => provider).join(', ');
  if (missing.length < of) yield ok('no key', `${names}: jobs for them are refused`);
  else yield bad('keys', `the worker has none: ${names}`, describeFix(missing));
}

function describeFix(missing: Checkup['keys']): string {
  const variables = missing.map(({ variable }) => variable);
  const shown = variables.length > 1 ? `one of them, for example ${variables[0]},` : variables[0];
  return `set ${shown} for the worker, and restart it`;
}

function describeKey({ provider, account, variable, verdict }: Checkup['keys'][number]): Finding {
  const what = `key of ${provider}`;
  const of = account === undefined ? '' : `account ${account}: `;
  const fix = `set ${variable} for the worker, and restart it`;
  switch (verdict) {
    case 'ok':
      return ok(what, `${of}${variable} works`);
    case 'missing':
      return bad(what, `${of}the worker has none`, fix);
    case 'refused':
      return bad(what, `${of}${provider} refuses the key in ${variable}`, fix);
    case 'unreachable':
      return warn(
        what,
        `${of}the worker cannot reach ${provider}`,
        "check the worker's network and the provider's status page",
      );
    default:
      return ok(what, `${of}${variable} is set; ${provider} does not say whether it works`);
  }
}

const wordsByBucketVerdict: Readonly<Record<Exclude<BucketVerdict, 'ok'>, readonly [found: string, fix: string]>> = {
  no_bucket: ['does not exist', 'create it, or correct its name in the setting `bucket` of the account'],
  no_credentials: ['refuses the worker', "give the worker credentials that may use it, or correct the bucket's name"],
  unwritable: ['does not let the worker write', 'let the worker write, list, read and delete in it'],
  unreadable: ['does not let the worker read', 'let the worker write, list, read and delete in it'],
  wrong: [
    'does not show a file that was written to it',
    'use another one: Nightshift must see immediately what was written',
  ],
  unavailable: ['does not answer', "check the worker's network and the store's status page"],
};

function describeBucket({ provider, account, uri, verdict }: NonNullable<Checkup['buckets']>[number]): Finding {
  const what = `bucket of ${provider}`;
  const which = `account ${account}: ${uri}`;
  if (verdict === 'ok') return ok(what, `${which} takes, lists and gives back files`);
  const [found, fix] = wordsByBucketVerdict[verdict];
  return bad(what, `${which} ${found}`, fix);
}

function describeRole({ provider, account, verdict }: NonNullable<Checkup['roles']>[number]): Finding {
  const what = `role of ${provider}`;
  const of = `account ${account}: `;
  switch (verdict) {
    case 'ok':
      return ok(what, `${of}${provider} takes it`);
    case 'refused':
      return bad(
        what,
        `${of}${provider} cannot take it, or the worker may not pass it on`,
        'correct the role in the settings of the account, or its permissions, and those of the worker',
      );
    default:
      return ok(what, `${of}it could not be tried`);
  }
}

/** How far this machine's clock is ahead of the server's, at least. The server's time lies between question and answer if they agree. */
function computeAheadMs({ from, to }: Asked, serverMs: number): number {
  if (serverMs < from) return from - serverMs;
  return serverMs > to ? to - serverMs : 0;
}

function describeClock(what: string, whose: string, aheadMs: number): Finding {
  if (Math.abs(aheadMs) <= clockMsMax) return ok(what, `${whose} agrees with the server's`);
  const found = `${whose} is ${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
  return warn(what, found, 'synchronize it: timedatectl set-ntp true');
}

function describeVersion({ version: of }: Checkup): Finding {
  if (of === version) return ok('version', of);
  return warn('version', `the worker is ${of}, this is ${version}`, 'install one version for both');
}

function describeStore({ verdict, freeBytes }: Checkup['store']): Finding {
  const what = 'store';
  if (verdict === 'unwritable') {
    return bad(what, 'the worker may not write to its data folder', 'give it write permission, or set NIGHTSHIFT_DATA');
  }
  if (verdict === 'full') return bad(what, 'the data folder is full', 'free space below NIGHTSHIFT_DATA: df -h');
  if (verdict === 'unavailable') {
    return bad(what, 'the data folder cannot be used', "check NIGHTSHIFT_DATA and the worker's log");
  }
  if (freeBytes === null) return ok(what, 'takes files');
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  if (freeBytes >= freeBytesWanted) return ok(what, `takes files, ${free}`);
  return warn(what, `takes files, only ${free}`, 'free space below NIGHTSHIFT_DATA: df -h');
}

interface AbilityWords {
  readonly what: string;
  readonly works: string;
  readonly fails: string;
  readonly fix: string;
}

const wordsByAbility: Readonly<Record<StoreAbility, AbilityWords>> = {
  exclusiveCreate: {
    what: 'exclusive create',
    works: 'of two that create a file, one succeeds',
    fails: 'a file cannot be created so that only one of two succeeds: two jobs could take one output',
    fix: 'put NIGHTSHIFT_DATA on a file system with hard links: ext4, xfs, or NFS of version 4',
  },
  rename: {
    what: 'rename',
    works: 'a file takes the place of another in one step',
    fails: 'a file cannot take the place of another in one step: readers could see half of it',
    fix: 'put NIGHTSHIFT_DATA on a file system that replaces a file by renaming: ext4, xfs, or NFS of version 4',
  },
  append: {
    what: 'append',
    works: 'lines stay whole and in order',
    fails: 'lines cannot be appended to a new file: answers of the realtime lane could be lost',
    fix: 'put NIGHTSHIFT_DATA on a file system that appends to files: ext4, xfs, or NFS of version 4',
  },
};

function* describeAbilities(abilities: Checkup['store']['abilities']): Generator<Finding> {
  if (abilities === undefined) return;
  for (const ability of storeAbilities) {
    const { what, works, fails, fix } = wordsByAbility[ability];
    yield abilities[ability] === 'ok' ? ok(what, works) : bad(what, fails, fix);
  }
}
