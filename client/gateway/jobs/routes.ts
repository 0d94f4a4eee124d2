// `/api/jobs`: starts, estimates, lists and shows jobs.

import { Hono } from 'hono';
import { z } from 'zod';
import { requireScope } from '../access/authenticate.ts';
import { readOwnId, toNewId, toOwnId } from '../access/tenants.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { readBody } from '../read-body.ts';
import { addChanges } from './changes.ts';
import { addFile } from './files.ts';
import { listBatches } from './list-batches.ts';
import { prepareJob } from './prepare-job.ts';

const listMax = 500;
const answerMs = 5000;

export const startForm = z.strictObject({ id: z.string().min(1), job: z.record(z.string(), z.unknown()) });

export const pageForm = z.object({
  offset: z.coerce.number().int().min(0).catch(0),
  limit: z.coerce.number().int().min(1).max(listMax).catch(100),
});

export function makeJobRoutes(parts: GatewayParts): Hono<GatewayEnv> {
  const { jobs, config } = parts;
  const routes = new Hono<GatewayEnv>();

  routes.post('/', requireScope('start'), async (context) => {
    const caller = context.get('caller');
    const { id, job } = await readBody(context, startForm, config.limits);
    const workflowId = toNewId(caller, id);
    await jobs.start(prepareJob(job, workflowId, caller, config), { id: workflowId });
    return context.json({ id }, 201);
  });

  routes.post('/estimate', requireScope('start'), async (context) => {
    const caller = context.get('caller');
    const { id, job } = await readBody(context, startForm, config.limits);
    const { signal } = context.req.raw;
    const asked = prepareJob(job, toNewId(caller, id), caller, config);
    return context.json(await jobs.estimate(asked, { signal, takenMs: answerMs }));
  });

  routes.get('/', requireScope('read'), async (context) => {
    const caller = context.get('caller');
    const limit = z.coerce.number().int().min(1).max(listMax).catch(50).parse(context.req.query('limit'));
    const found = [];
    const prefix = caller.tenant === null ? {} : { idPrefix: `${caller.tenant}/` };
    for await (const job of jobs.list({ ...prefix, active: context.req.query('active') === 'true', limit })) {
      const id = readOwnId(caller, job.id);
      if (id !== null) found.push({ ...job, id });
    }
    return context.json({ jobs: found });
  });

  routes.get('/:id', requireScope('read'), async (context) => {
    const id = context.req.param('id');
    const overview = await jobs.overview(toOwnId(context.get('caller'), id), { waitMs: answerMs });
    return context.json({ ...overview, id });
  });

  routes.get('/:id/batches', requireScope('read'), async (context) => {
    const range = pageForm.parse(context.req.query());
    return context.json(await listBatches(parts, toOwnId(context.get('caller'), context.req.param('id')), range));
  });

  routes.get('/:id/failures', requireScope('read'), async (context) =>
    context.json({ failures: await jobs.failures(toOwnId(context.get('caller'), context.req.param('id'))) }),
  );
  addFile(routes, parts);
  addChanges(routes, parts);
  return routes;
}
