// Models that are certainly another vendor's: a job that names one would be refused by the vendor, item by item.

/** What names of a vendor's models begin with. */
const families: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude-'],
  gemini: ['gemini-'],
  openai: ['gpt-', 'text-embedding-3-', 'text-embedding-ada-', 'omni-moderation'],
};

/** Null if the model may be one of the vendors in `own`. For a vendor's own API only: a gateway may have all models. */
export function describeForeignModel(model: unknown, own: readonly string[]): string | null {
  if (typeof model !== 'string') return null;
  const owner = Object.entries(families).find(([, beginnings]) => beginnings.some((each) => model.startsWith(each)));
  return owner === undefined || own.includes(owner[0]) ? null : `${model} is a model of ${owner[0]}`;
}
