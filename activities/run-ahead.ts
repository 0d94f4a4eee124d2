// Works on the next things of a stream while an earlier one is used, and returns the results in the stream's order.

/** At most so many are in progress or wait to be used. A failure comes where its result would have come. */
export async function* runAhead<Thing, Result>(
  things: AsyncIterable<Thing>,
  most: number,
  start: (thing: Thing) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const ahead: Promise<Result>[] = [];
  for await (const thing of things) {
    const running = start(thing);
    running.catch(() => undefined); // It fails where it is awaited.
    ahead.push(running);
    const oldest = ahead.length < most ? undefined : ahead.shift();
    if (oldest !== undefined) yield await oldest;
  }
  for (const running of ahead) yield await running;
}
