// Prints an error of a command as its message, without a stack trace, because the message says what to do next. A mistake in the
// program itself (such as a TypeError) keeps its stack. Every script that is a command imports this file for its effect.
process.on('uncaughtException', (error) => {
  const expected = error instanceof Error && error.name === 'Error';
  console.error(expected ? `nightshift: ${error.message}` : error);
  process.exit(1);
});
