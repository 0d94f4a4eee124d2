// How wide a 95 % interval is for few observations: the 97.5 % quantile of Student's t.

const few = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447];

/** `freedom` is at least 1. Beyond the table, an expansion in 1 / freedom that is right to the second digit. */
export function findQuantile(freedom: number): number {
  const listed = few[freedom - 1];
  if (listed !== undefined) return listed;
  const z = 1.959964;
  const [z3, z5] = [z ** 3, z ** 5];
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom);
}
