// What tests of queues in real processes put into a queue, and the job of its flushes.

export const queueJob = {
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
  poll: { initial: '300ms', max: '1s' },
  minBatchItems: 0,
};

export const itemsPerCall = 20;

/** Calls are numbered from 0. */
export const makeItems = (call: number): { id: string; text: string }[] =>
  Array.from({ length: itemsPerCall }, (_, index) => {
    const id = `i-${call * itemsPerCall + index}`;
    return { id, text: `item ${id}` };
  });
