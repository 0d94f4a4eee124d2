// When calls fail in an outage, which calls, and how.
import { z } from 'zod';
import { callGroups, isRouteName, vendors } from '../server/routes.ts';
import { spanFields } from './span.ts';

const isCallName = (name: string): boolean =>
  name === '*' || isRouteName(name) || callGroups.some((group) => group === name);
const callName = z.string().refine(isCallName, { error: 'is neither a group of calls nor the name of a route' });

const outage = z.strictObject({
  calls: z.union([callName, z.array(callName)]).default('*'),
  vendor: z.enum(vendors).optional(),
  how: z.union([z.enum(['reset', 'close', 'timeout']), z.literal(500), z.literal(502), z.literal(503)]),
  ...spanFields,
});
export type Outage = z.output<typeof outage>;
export const outages = z.union([outage, z.array(outage)]);
