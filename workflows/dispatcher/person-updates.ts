// What people change while the dispatcher runs: limits, tenants and caps. Wrong input is refused, and changes nothing.

import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import {
  findProblem,
  type Overrides,
  type SetCap,
  type SetLimits,
  setCap,
  setLimits,
  setTenant,
} from '../../domain/dispatch/limits.ts';
import { setCapUpdate, setLimitsUpdate, setTenantUpdate } from './messages.ts';

interface Change<Input> {
  readonly change: (overrides: Overrides, input: Input) => Overrides;
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly findMissing: (input: Input) => string | null;
  readonly description: string;
}

/** `apply` makes the change, and says what follows from it. */
export function registerPersonUpdates(apply: (change: (overrides: Overrides) => Overrides) => Promise<string>): void {
  const register = <Input>(update: UpdateDefinition<string, [Input]>, change: Change<Input>): void =>
    setHandler(update, (input) => apply((overrides) => change.change(overrides, input)), {
      description: change.description,
      validator: (input) => {
        const problem = findProblem(input, change.names, change.values) ?? change.findMissing(input);
        if (problem !== null) throw ApplicationFailure.nonRetryable(problem, 'invalid_input');
      },
    });
  register(setLimitsUpdate, {
    change: setLimits,
    names: ['provider', 'account', 'model'],
    values: ['batches', 'enqueuedTokens', 'rpm', 'tpm', 'interactive'],
    findMissing: findMissingModel,
    description:
      'Set the room of an account or of one of its models, and the rate of its realtime lanes: {provider, account, model, batches, enqueuedTokens, rpm, tpm, interactive}.',
  });
  register(setTenantUpdate, {
    change: setTenant,
    names: ['tenant'],
    values: ['batches', 'weight'],
    findMissing: ({ tenant }) => (tenant === undefined ? 'give the tenant' : null),
    description: 'Set the open batches and the weight of a tenant: {tenant, batches, weight}.',
  });
  register(setCapUpdate, {
    change: setCap,
    names: ['tenant', 'feature', 'account'],
    values: ['dayUsd', 'monthUsd'],
    findMissing: findMissingOwner,
    description: 'Set the dollars of a day and of a month: {tenant or feature or account, dayUsd, monthUsd}.',
  });
}

function findMissingModel({ provider, model, rpm, tpm, interactive }: SetLimits): string | null {
  if (provider === undefined) return 'give the provider';
  const isRate = [rpm, tpm, interactive].some((value) => value !== undefined);
  return isRate && model === undefined ? 'give the model: requests and tokens a minute are those of one model' : null;
}

function findMissingOwner({ tenant, feature, account }: SetCap): string | null {
  if ([tenant, feature, account].filter((name) => name !== undefined).length !== 1) {
    return 'give one of tenant, feature and account';
  }
  // Another name would be that of no account, and its cap would hold nothing back.
  const isAccount = account === undefined || /^[^/]+\/[^/]+$/.test(account);
  return isAccount ? null : 'account: give the provider, too: <provider>/<account>';
}
