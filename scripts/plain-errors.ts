// A person who runs a command reads what went wrong and what to do next, not a stack trace; a stack stays where the
// error is a mistake in the program (a TypeError, say). Imported for its effect by the scripts that are commands.
process.on('uncaughtException', (error) => {
  const expected = error instanceof Error && error.name === 'Error';
  console.error(expected ? `nightshift: ${error.message}` : error);
  process.exit(1);
});
