// Whether prices are so old that they may be wrong: vendors change them every few months.

const oldAfterDays = 90;
const dayMs = 24 * 60 * 60_000;

/** A warning for the job's report; empty if the prices are recent, or their date cannot be read. */
export function describePriceAge(dated: string, now: number): readonly string[] {
  const days = Math.floor((now - Date.parse(dated)) / dayMs);
  if (Number.isNaN(days) || days <= oldAfterDays) return [];
  return [`the prices are of ${dated}, ${days} days ago: costs may be wrong; give newer ones in NIGHTSHIFT_PRICES`];
}
