// A token bucket: it fills continuously up to the largest burst, and every use takes from it. Pure.
const minuteMs = 60_000;
/** Allows for the rounding of divisions, so that waiting exactly the stated time is enough. */
const epsilon = 1e-6;

export interface Flow {
  perMinute: number;
  /** The largest burst, as the time in which so much flows. */
  burstMs: number;
}

export interface Bucket {
  /** Below 0 after a use that was larger than the bucket, or became known only afterwards. */
  level: number;
  atMs: number;
}

const readCapacity = ({ perMinute, burstMs }: Flow): number => Math.max(1, (perMinute * burstMs) / minuteMs);

/** The bucket at that time; an unused bucket is full. */
export function refill(bucket: Bucket | undefined, flow: Flow, nowMs: number): Bucket {
  const capacity = readCapacity(flow);
  if (bucket === undefined) return { level: capacity, atMs: nowMs };
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  return { level: Math.min(capacity, bucket.level + (passedMs * flow.perMinute) / minuteMs), atMs: nowMs };
}

/** How long until so much may be used. More than the bucket holds passes when it is full; more than flows in a minute never passes. */
export function waitMs(bucket: Bucket, flow: Flow, amount: number): number {
  if (amount > flow.perMinute) return Number.POSITIVE_INFINITY;
  const lacking = Math.min(amount, readCapacity(flow)) - bucket.level;
  return lacking <= epsilon ? 0 : flowMs(lacking, flow);
}

export function fullInMs(bucket: Bucket, flow: Flow): number {
  return flow.perMinute === 0 ? minuteMs : flowMs(readCapacity(flow) - bucket.level, flow);
}

/** To a microsecond: the remainder of a division must not be rounded up to a whole millisecond. */
const flowMs = (amount: number, { perMinute }: Flow): number =>
  Math.round((amount / perMinute) * minuteMs * 1000) / 1000;
