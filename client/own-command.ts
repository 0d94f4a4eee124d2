// How a person calls our programs from where they are: a next command that is shown must work when it is typed.

/** The sources run as they are in this repository; what is installed is JavaScript. */
const installed = import.meta.url.endsWith('.js');

export const ownCommand = (args: string): string =>
  installed ? `nightshift ${args}` : `npm run nightshift -- ${args}`;

export const workerCommand = installed ? 'nightshift-worker' : 'npm run worker';
