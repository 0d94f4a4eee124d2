// Prints an error of a command as its message, without a stack trace, because the message says what to do next. A mistake in the
// program itself (such as a TypeError) keeps its stack. Every script that is a command imports this file for its effect.
process.on('uncaughtException', (error) => {
  console.error(describeError(error));
  process.exit(1);
});

function describeError(error: Error): unknown {
  // A wrong option or argument. What follows the first sentence is about the rules of parsing.
  const isWrongUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (isWrongUsage) return `nightshift: ${error.message.split('. ')[0]}. See --help.`;
  return error.name === 'Error' ? `nightshift: ${error.message}` : error;
}
