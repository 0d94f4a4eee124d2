// Tells a Node that is too old for this project, in words that say what to do.

/** The first release that runs TypeScript sources without a flag; package.json names the same. */
const nodeMin = { major: 22, minor: 18 };

/** Null if the version, such as `24.21.0`, is new enough. */
export function describeOldNode(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > nodeMin.major || (major === nodeMin.major && minor >= nodeMin.minor)) return null;
  return `Node ${version} is too old: install Node ${nodeMin.major}.${nodeMin.minor} or later (a version manager, your system's packages, nodejs.org) and run this again.`;
}
