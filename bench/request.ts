// The request template of every measurement.

export const request = {
  messages: [
    { role: 'system', content: 'Classify the ticket as bug, feature or question.' },
    { role: 'user', content: '{{ text }}' },
  ],
  max_completion_tokens: 16,
};
