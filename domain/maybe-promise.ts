// A value that is already there, or a promise if something must be waited for. Loops over millions of rows use it to await only what is
// pending: awaiting a value costs a turn of the event loop for every row, and a callback costs an allocation.

export type MaybePromise<T> = T | Promise<T>;

/** Use it as `isPending(value) ? await value : value`. */
export function isPending<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Waits for the first, the second, both or neither; fails if one of them fails. */
export function whenBoth(first: MaybePromise<void>, second: MaybePromise<void>): MaybePromise<void> {
  if (!isPending(first)) return second;
  return isPending(second) ? Promise.all([first, second]).then(() => undefined) : first;
}
