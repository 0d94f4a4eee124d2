// How jobs share workers and accounts: the tenant of a job, how urgent it is, and the priority that Temporal gets for that.

/** 1 is urgent, 2 is standard, 3 is background. */
type PriorityClass = 1 | 2 | 3;

/** Absent fields: no tenant, no feature, standard. */
export interface Sharing {
  readonly tenant?: string;
  readonly feature?: string;
  readonly priority?: PriorityClass;
}

/** As a job file has it. */
type GivenSharing = { readonly [Field in keyof Sharing]: Sharing[Field] | undefined };

/** Only what is given. */
export const pickSharing = ({ tenant, feature, priority }: GivenSharing): Sharing => ({
  ...(tenant === undefined ? {} : { tenant }),
  ...(feature === undefined ? {} : { feature }),
  ...(priority === undefined ? {} : { priority }),
});

export interface Tenant {
  /** Its share of what tenants share, compared with others of the same class. */
  readonly weight: number;
}

/** Temporal's priority of a task. It orders only tasks that wait; a server that has it off ignores it. */
export interface TaskPriority {
  readonly priorityKey: number;
  readonly fairnessKey?: string;
  readonly fairnessWeight?: number;
}

/** Temporal has the keys 1 to 5, and 3 is its default. */
export const toTaskPriority = ({ tenant, priority = 2 }: GivenSharing, weight = 1): TaskPriority => ({
  priorityKey: 2 * priority - 1,
  ...(tenant === undefined ? {} : { fairnessKey: tenant, fairnessWeight: weight }),
});

/**
 * Where tenants are configured, one that is not may be a mistake. It is not refused, because new customers appear before their limits do. Only the
 * dispatcher knows what was set for a tenant since.
 */
export const describeUnknownTenant = (
  tenant: string | undefined,
  { known, isOtherLimited }: { readonly known: readonly string[]; readonly isOtherLimited: boolean },
): readonly string[] =>
  tenant === undefined || (known.length === 0 && !isOtherLimited) || known.includes(tenant)
    ? []
    : [
        `the tenant ${tenant} is not in the worker's configuration: limits that were set for it later apply, and otherwise those of other tenants`,
      ];
