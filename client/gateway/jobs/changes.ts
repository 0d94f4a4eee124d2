// `POST /api/jobs/:id/<change>`: pauses, resumes, approves and cancels a job, and sets its budget.

import type { Hono } from 'hono';
import { z } from 'zod';
import type { Nightshift } from '../../nightshift.ts';
import { requireScope } from '../access/authenticate.ts';
import { toOwnId } from '../access/tenants.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { readBody } from '../read-body.ts';

export const noteForm = z.strictObject({ note: z.string().max(1000).optional() });
export const budgetForm = z.strictObject({ usd: z.number().nonnegative().nullable() });
export const emptyForm = z.strictObject({});

export function addChanges(routes: Hono<GatewayEnv>, { jobs, config }: GatewayParts): void {
  const change = <Form extends z.ZodType>(
    action: string,
    form: Form,
    make: (workflowId: string, given: z.output<Form>, nightshift: Nightshift) => Promise<unknown>,
  ): void => {
    routes.post(`/:id/${action}`, requireScope('change'), async (context) => {
      const workflowId = toOwnId(context.get('caller'), context.req.param('id'));
      const given = await readBody(context, form, config.limits);
      return context.json((await make(workflowId, given, jobs)) ?? { id: context.req.param('id') });
    });
  };
  change('pause', noteForm, (id, { note }, nightshift) => nightshift.pause(id, note));
  change('resume', emptyForm, (id, _, nightshift) => nightshift.resume(id));
  change('approve', emptyForm, (id, _, nightshift) => nightshift.approve(id));
  change('budget', budgetForm, (id, { usd }, nightshift) => nightshift.setBudget(id, usd));
  change('cancel', emptyForm, (id, _, nightshift) => nightshift.cancel(id));
}
