// The job and the rows that `nightshift init` begins with.

export const sampleRows: readonly { readonly id: string; readonly text: string }[] = [
  { id: 'ticket-1', text: 'The export stops at 90 % and the file is empty.' },
  { id: 'ticket-2', text: 'Could the weekly mail list the three longest tickets?' },
  { id: 'ticket-3', text: 'Where do I change the address on my invoice?' },
  { id: 'ticket-4', text: 'After the update every date shows as 1970.' },
  { id: 'ticket-5', text: 'A dark theme would help those of us on the late shift.' },
  { id: 'ticket-6', text: 'Is there a limit to how many people I can invite?' },
  { id: 'ticket-7', text: 'Search finds nothing when the word has an umlaut.' },
  { id: 'ticket-8', text: 'Please let us sort projects by the last change.' },
];

export const sampleJob = (dataset: string): object => ({
  dataset,
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: {
    messages: [
      { role: 'system', content: 'Classify the ticket as bug, feature or question. Answer with that one word.' },
      { role: 'user', content: '{{ text }}' },
    ],
    max_completion_tokens: 16,
  },
  budget: { usd: 1 },
});
