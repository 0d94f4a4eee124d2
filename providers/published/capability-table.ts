// The table of docs/providers.md that says what each provider can do, made from the registry.

import { resolveAccount } from '../account.ts';
import { noBuckets } from '../bucket.ts';
import type { Provider } from '../provider.ts';
import { providerNames, vendorEntries } from '../registry.ts';

const heads = [
  'provider',
  'lanes',
  'endpoints',
  'items of a batch',
  'size of a batch',
  'window',
  'progress',
  'a lost create is found by',
  'webhooks',
  'results are kept',
  'not checked live',
];

const begin = '<!-- capabilities: run providers/published/write.ts after a change to the registry -->';
const end = '<!-- end of capabilities -->';

/** The page with the table of today's registry between its marks. */
export function replaceCapabilities(page: string): string {
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1] ?? '';
  return `${before}${begin}\n\n${makeTable()}\n\n${end}${after}`;
}

function makeTable(): string {
  const table = [heads, heads.map(() => '---'), ...providerNames.map(describeProvider)];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function describeProvider(name: string): string[] {
  const entry = vendorEntries[name];
  if (entry === undefined) throw new Error(`there is no provider ${name}`);
  const { about, settings } = entry;
  const { lanes, endpoints, limits } = entry.make(
    resolveAccount(settings, () => null),
    noBuckets,
  );
  const hasBatches = lanes.includes('batch');
  return [
    `\`${name}\``,
    lanes.join(', '),
    endpoints.map((each) => `\`${each}\``).join(', '),
    ...(hasBatches ? describeLimits(limits) : ['–', '–', '–']),
    hasBatches ? yesOrNo(about.progress) : '–',
    about.foundBy ?? '–',
    yesOrNo(about.webhook),
    about.kept ?? '–',
    about.unchecked,
  ];
}

const yesOrNo = (is: boolean): string => (is ? 'yes' : 'no');

function describeLimits({ itemsMin, itemsMax, bytesMax, windowMs }: Provider['limits']): string[] {
  const least = itemsMin > 1 ? `${itemsMin} to ` : '';
  const [most, megabytes, hours] = [itemsMax.toLocaleString('en-US'), Math.round(bytesMax / 1e6), windowMs / 3_600_000];
  return [`${least}${most}`, `${megabytes} MB`, `${hours} h`];
}
