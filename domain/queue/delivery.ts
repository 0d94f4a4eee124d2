// A delivery: items that came to a queue together, in one file of the store. Its name says everything that the queue must know of it, so that a
// list of the folder is enough to find what waits.

export interface Delivery {
  readonly name: string;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  readonly items: number;
  readonly bytes: number;
  /** It does not wait for other items, and goes through the realtime lane. */
  readonly isUrgent: boolean;
}

const millisecondDigits = 13;
const pattern = /^(\d{13})-([0-9a-f]{16})-(\d+)-(\d+)-(urgent|standard)$/;

/** `mark` keeps apart what comes at the same instant: 16 hex digits. Names are in the order in which the deliveries came. */
export function nameDelivery({ at, items, bytes, isUrgent }: Omit<Delivery, 'name'>, mark: string): string {
  const time = String(at).padStart(millisecondDigits, '0');
  return `${time}-${mark}-${items}-${bytes}-${isUrgent ? 'urgent' : 'standard'}`;
}

/** In the order in which they came. */
export const compareDeliveries = (one: Delivery, other: Delivery): number => (one.name < other.name ? -1 : 1);

/** Null if the name is not one of a delivery. */
export function parseDelivery(name: string): Delivery | null {
  const [, at, , items, bytes, kind] = pattern.exec(name) ?? [];
  if (at === undefined) return null;
  return { name, at: Number(at), items: Number(items), bytes: Number(bytes), isUrgent: kind === 'urgent' };
}

export interface Sums {
  readonly items: number;
  readonly bytes: number;
}

export const sumDeliveries = (deliveries: readonly Sums[]): Sums => ({
  items: deliveries.reduce((sum, { items }) => sum + items, 0),
  bytes: deliveries.reduce((sum, { bytes }) => sum + bytes, 0),
});
