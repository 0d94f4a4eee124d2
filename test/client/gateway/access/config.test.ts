// The gateway's configuration file: each of its fields is documented, and a mistake is named.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { gatewayFields, readGatewayConfig } from '../../../../client/gateway/config.ts';

/** The paths of all fields. An entry of a list has the path of the list, and a key that is free is `<name>` or `<account>`. */
function listFields(schema: z.core.$ZodType, path: string): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return listFields(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, field]) =>
      listFields(Object(field), path === '' ? name : `${path}.${name}`),
    );
  }
  if (schema instanceof z.ZodArray) return listFields(schema.element, path);
  if (schema instanceof z.ZodRecord) {
    return listFields(schema.valueType, `${path}.${path.startsWith('hooks') ? '<account>' : '<name>'}`);
  }
  return [path];
}

test('docs/gateway.md has every setting, and no other', () => {
  const lines = readFileSync('docs/gateway.md', 'utf8').split('\n');
  const from = lines.findIndex((line) => line.startsWith('| setting'));
  const table = lines.slice(from + 2, lines.indexOf('', from));
  const documented = table.map((line) => /^\| `([^`]+)`/.exec(line)?.[1]);
  // A list of texts is one setting.
  expect(documented.toSorted()).toEqual(listFields(gatewayFields, '').toSorted());
});

test('a wrong setting is named with its file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  const path = join(folder, 'gateway.json');
  const read = (text: string) => {
    writeFileSync(path, text);
    return readGatewayConfig(path);
  };
  expect(() => read('{"publicUrl": "ftp://x", "limits": {"lines": 1}}')).toThrow(
    /NIGHTSHIFT_GATEWAY: \S+gateway\.json: publicUrl: must be an http.*\n.*limits: /,
  );
  expect(() => read('{secret')).toThrow(`NIGHTSHIFT_GATEWAY: ${path} is not JSON`);
  expect(() => readGatewayConfig(join(folder, 'none'))).toThrow('cannot be read');
  expect(read('{"publicUrl": "https://a.example:8443/nightshift/"}').publicUrl).toBe(
    'https://a.example:8443/nightshift',
  );
  rmSync(folder, { recursive: true });
});
