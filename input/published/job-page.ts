// Makes the table of fields in docs/job-file.md from the schema that is enforced.

import { durationPattern } from '../../domain/duration.ts';
import type { FieldDoc } from './field-docs.ts';
import { type DescribedField, listFields, type SchemaNode } from './job-schema.ts';

/** The table is between these lines. */
const begin = '<!-- fields: run input/published/write.ts after a change to the schema -->';
const end = '<!-- end of fields -->';

export function replaceFields(page: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/job-file.md lacks "${begin}" or "${end}"`);
  return `${before}${begin}\n\n${renderFields()}\n\n${end}${after}`;
}

function renderFields(): string {
  const head = ['| field | type | default | example | meaning and cost |', '| --- | --- | --- | --- | --- |'];
  return [...head, ...listFields().map(renderRow)].join('\n');
}

function renderRow({ path, node, doc }: DescribedField): string {
  const costs = doc.costs === undefined ? '' : ` Cost: ${doc.costs}.`;
  const meaning = `${node.description}${costs}`;
  const cells = [`\`${path}\``, describeType(node), describeDefault(doc), renderJson(doc.example), meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function describeDefault({ default: known }: FieldDoc): string {
  if (known === null) return '–';
  return typeof known === 'string' ? known : renderJson(known.value);
}

const renderJson = (json: unknown): string => `\`${JSON.stringify(json)}\``;

function describeType({ type, enum: choices, const: only, anyOf, pattern, minimum, maximum }: SchemaNode): string {
  if (anyOf !== undefined) return anyOf.map(describeType).join(' or ');
  if (only !== undefined) return renderJson(only);
  if (choices !== undefined) return choices.map(renderJson).join(' or ');
  if (pattern === durationPattern) return 'duration';
  const name = typeNames[type ?? ''] ?? type ?? 'any JSON';
  return `${name}${minimum === undefined ? '' : ` from ${minimum}`}${maximum === undefined ? '' : ` to ${maximum}`}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
};
