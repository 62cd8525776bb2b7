// Where checks put what they find: a file, which knows lines (yaml-file.ts), or what the control
// store has, which knows names (stored-data.ts).

/** Keys and indexes from the top of the data: `['listen', 0, 'url']`. */
export type KeyPath = readonly (string | number)[];

export interface ProblemList {
  /** What messages name. */
  readonly path: string;
  /** Notes a problem with the value at `path`, or with its key when `atKey`. */
  problem(path: KeyPath, text: string, atKey?: boolean): void;
  /** Notes what is no error but should be known. */
  warn(path: KeyPath, text: string, atKey?: boolean): void;
  readonly warnings: readonly string[];
  /** Where something stands, as `line 12` or by its name. */
  placeOf(path: KeyPath): string;
  /** @throws TandemError that lists every problem noted so far */
  throwProblems(): void;
}

/** `a.b[0]: `; nothing for the top of the data. */
export function showPath(path: KeyPath): string {
  if (path.length === 0) return '';
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return `${text}: `;
}
