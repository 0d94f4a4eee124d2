// Prints the output of every command: tables on a terminal, JSON lines in a pipe, or what --json and --table ask for. Only this file, and the
// progress of a followed job, write to a terminal: text from outside has its control characters made visible on the way.

import { factsText, type Row, rowsText } from './print/table.ts';
import { showControls, showControlsInLines } from './print/visible.ts';

export type Form = 'json' | 'table';

let asked: Form | null = null;

/** Null goes by where the output goes. */
export function setForm(form: Form | null): void {
  asked = form;
}

/** Whether tables were asked for by name. */
export const wantsTable = (): boolean => asked === 'table';

export const isForPeople = (): boolean => (asked === null ? process.stdout.isTTY === true : asked === 'table');

/** Says something to a person, on standard error. */
export const say = (text: string): void => console.error(showControlsInLines(text));

/** Shows a table to a person, on standard error. */
export const sayRows = (rows: readonly Row[]): void => console.error(rowsText(rows, Number.POSITIVE_INFINITY).text);

/** Prints what a shell reads, unchanged. */
export const printForShell = (text: string): void => void process.stdout.write(text);

/** Prints text that a caller has laid out and styled; what it was given from outside must have been made visible. */
export const printLaidOut = (text: string): void => console.log(text);

/** A table in a pipe may be as wide as it is. */
export const readWidth = (): number => process.stdout.columns ?? Number.POSITIVE_INFINITY;

/** As JSON each thing is printed whole; in a table only what `facts` picks from it. */
export function printRows<Thing extends object>(things: readonly Thing[], facts: (thing: Thing) => Row): void {
  if (!isForPeople()) {
    for (const thing of things) printJson(thing);
  } else if (things.length === 0) {
    console.log('none');
  } else {
    const { text, omitted } = rowsText(things.map(facts), readWidth());
    console.log(text);
    if (omitted.length > 0) say(`no room for: ${omitted.join(', ')}; --json shows everything`);
  }
}

export const printJson = (thing: object): void => console.log(toJson(thing));

/** Collects an async sequence, because a table needs all rows before it can print the first. */
export async function collected<Thing>(things: AsyncIterable<Thing>): Promise<readonly Thing[]> {
  const all: Thing[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

/** Prints one thing: its facts below each other, or one line of JSON. */
export function printValue(value: object, facts: Row): void {
  console.log(isForPeople() ? factsText(facts, readWidth()) : toJson(value));
}

/** Prints what a script takes from the output, such as a path: the same on a terminal and in a pipe, unless a form is asked for. */
export function printText(text: string, value: Row): void {
  if (asked === null) console.log(process.stdout.isTTY ? showControls(text) : text);
  else printValue(value, value);
}

/** Tells a person what was done. Nothing goes to the output, unless a form is asked for. */
export function printDone(text: string, value: Row): void {
  say(text);
  if (asked !== null) printValue(value, value);
}

/** Times in milliseconds become instants, as they are in lists and reports. JSON allows some control characters in a text; they are escaped too. */
const toJson = (value: object): string =>
  showControls(
    JSON.stringify(value, (name, field: unknown) =>
      typeof field === 'number' && timeName.test(name) ? new Date(field).toISOString() : field,
    ),
  );

const timeName = /^(at|since)$|(At|Since)$/;
