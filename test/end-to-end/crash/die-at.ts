// Loaded into a worker before its own code: kills it, as a power cut would, at an exact point between two effects on its disk.
// NIGHTSHIFT_TEST_DIE is what is done to a file, the end of the file's name, and at which time: "write .ended.json 2", "remove .intent.json 1",
// "read .handle.json 1". A file is written when it appears under its name. The process dies after a file is written or removed, and before it
// is read.

import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [deed = '', ending = '', times = '1'] = (process.env.NIGHTSHIFT_TEST_DIE ?? '').split(' ');
const { rename, link, unlink, open } = promises;
let seen = 0;

function countDeed(done: 'write' | 'remove' | 'read', path: unknown): void {
  if (done !== deed || !String(path).endsWith(ending)) return;
  seen += 1;
  if (seen === Number(times)) process.kill(process.pid, 'SIGKILL');
}

Object.assign(promises, {
  async rename(...[from, to]: Parameters<typeof rename>) {
    await rename(from, to);
    countDeed('write', to);
  },
  async link(...[from, to]: Parameters<typeof link>) {
    await link(from, to);
    countDeed('write', to);
  },
  async unlink(...[path]: Parameters<typeof unlink>) {
    await unlink(path);
    countDeed('remove', path);
  },
  open(...[path, ...how]: Parameters<typeof open>) {
    countDeed('read', path);
    return open(path, ...how);
  },
});
syncBuiltinESMExports();
