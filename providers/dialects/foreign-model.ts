// Models that are certainly another vendor's: a job that names one would be refused by the vendor, item by item.

import type { Fields } from '../json-fields.ts';

/** What names of a vendor's models begin with. */
const families: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude-'],
  gemini: ['gemini-'],
  openai: ['gpt-', 'text-embedding-3-', 'text-embedding-ada-', 'omni-moderation'],
};

/** For the vendor's own API only: a gateway may have all models. */
export function describeForeignModel(vendor: string, { model }: Fields): string[] {
  if (typeof model !== 'string' || families[vendor] === undefined) return [];
  const owner = Object.entries(families).find(([, beginnings]) => beginnings.some((each) => model.startsWith(each)));
  return owner === undefined || owner[0] === vendor ? [] : [`model: ${model} is a model of ${owner[0]}`];
}
