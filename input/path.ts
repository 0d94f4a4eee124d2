// Where files may lie: paths below the data root, written one way so that two names of one folder are one name.

/** What keeps a text from being the path of a file or folder of ours; null when nothing does. */
export function pathProblem(path: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    return 'must be a path below the data root; other stores cannot be used yet';
  }
  if (path.includes('\0')) return 'must be a path without NUL characters';
  if (path.startsWith('/') || /^[a-z]:[/\\]/i.test(path)) return 'must be relative to the data root, not absolute';
  if (path.split(/[/\\]/).includes('..')) return 'must stay below the data root: ".." is not allowed';
  if (parts(path).length === 0) return 'must name something below the data root';
  if (parts(path).some((part) => Buffer.byteLength(part) > 255)) {
    return 'has a part longer than the 255 bytes a name may have';
  }
  return null;
}

export function normalPath(path: string): string {
  return parts(path).join('/');
}

export function normalFolder(path: string): string {
  return `${normalPath(path)}/`;
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
