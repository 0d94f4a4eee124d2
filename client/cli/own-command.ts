// How a person calls our programs from where they are: a next command that is shown must work when it is typed.

/** The sources run as they are in this repository; what is installed is JavaScript. */
const installed = import.meta.url.endsWith('.js');

export const ownCommand = (args: string): string =>
  installed ? `nightshift ${args}` : `npm run nightshift -- ${args}`;

export const workerCommand = installed ? 'nightshift-worker' : 'npm run worker';

/** Temporal's own command line, and a server to try things with. */
export const temporalCommand = (args: string): string =>
  installed ? `temporal ${args}` : `npm run temporal -- ${args}`;

export const serverCommand = installed ? 'temporal server start-dev' : 'npm run dev';
