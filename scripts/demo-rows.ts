// The demo's dataset: support tickets, made up but the same every time, so that two demos can be compared.
const subjects = ['The export', 'The login page', 'Our invoice', 'The mobile app', 'The search', 'The weekly report'];
const complaints = [
  'stops with an error since the last update',
  'should remember what I chose last time',
  'shows yesterday instead of today',
  'is slower than it was in spring',
  'could use a button to undo',
  'sends every message twice',
  'says that I am not allowed to see it',
];
const endings = [
  'Is that meant to be so?',
  'Please have a look.',
  'It would help the whole team.',
  'How do I change that?',
];

export interface DemoRow {
  readonly id: string;
  readonly text: string;
}

export function demoRow(index: number): DemoRow {
  const text = [subjects, complaints, endings].map((parts) => parts[index % parts.length]).join(' ');
  return { id: `ticket-${String(index + 1).padStart(5, '0')}`, text: `${text} (reference ${index + 1})` };
}
