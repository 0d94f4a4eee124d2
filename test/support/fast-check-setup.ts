// Makes generated values as long and as deep as a property allows, and shows a counterexample within a test's time.

import fc from 'fast-check';

/** Below `testTimeout`: the search for the smallest counterexample may take many minutes, and a test that is stopped shows none at all. */
const showWithinMs = 100_000;

fc.configureGlobal({
  // Without it, fast-check stops at about ten elements, whatever `maxLength` says.
  defaultSizeToMaxWhenMaxSpecified: true,
  interruptAfterTimeLimit: showWithinMs,
  markInterruptAsFailure: true,
});
