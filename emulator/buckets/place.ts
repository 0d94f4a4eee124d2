// The parts of an object's uri.
import { refuse } from '../server/reply.ts';

export interface Place {
  bucket: string;
  name: string;
}

export function readPlace(uri: string): Place {
  const [, bucket, name] = /^(?:gs|s3):\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (bucket === undefined || name === undefined) throw refuse(400, `${uri} is not the uri of an object.`);
  return { bucket, name };
}
