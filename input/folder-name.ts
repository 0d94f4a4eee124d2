// A folder for a workflow id: the id itself where that is a safe name anywhere, else something like it and a digest.

import { createHash } from 'node:crypto';

/** Lower case only: on some disks `A` and `a` are one folder. No mark that a shell, a URL or a path gives a meaning to. */
const safeName = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9_-])?$/;
/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const likenessCharsMax = 60;
const digestDigits = 24;

/** Two ids never share a folder: `~` is in no id that is kept as it is, and the digest tells the others apart. */
export function folderName(workflowId: string): string {
  if (safeName.test(workflowId) && !deviceName.test(workflowId)) return workflowId;
  return `${makeSafe(workflowId)}~${digestId(workflowId)}`;
}

function makeSafe(workflowId: string): string {
  const likeness = workflowId.slice(0, likenessCharsMax).toLowerCase();
  return likeness.replace(/[^a-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'job';
}

/** Of the UTF-16 units: as UTF-8, all halves of a broken character would look the same. */
function digestId(workflowId: string): string {
  return createHash('sha256').update(Buffer.from(workflowId, 'utf16le')).digest('hex').slice(0, digestDigits);
}
