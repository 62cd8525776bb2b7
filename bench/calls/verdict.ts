// How a bench ends: its figures, what was not as it must be, and the exit code that follows.

/** Figures by name, in the order of printing. */
export type Figures = Readonly<Record<string, string | number>>;

/** Prints the figures (one JSON object with `json`) and the failures; the exit code: 0 or 1. */
export function printVerdict(figures: Figures, failures: readonly string[], json: boolean): number {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...figures, failures })}\n`);
  } else {
    const width = Math.max(...Object.keys(figures).map((name) => name.length));
    for (const [name, value] of Object.entries(figures)) {
      process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
    }
    process.stdout.write(failures.length === 0 ? 'ok\n' : `FAILED\n  ${failures.join('\n  ')}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

/** Collects what is not as it must be. */
export function checkList(): { failures: string[]; check: (holds: boolean, what: string) => void } {
  const failures: string[] = [];
  return {
    failures,
    check: (holds, what) => {
      if (!holds) failures.push(what);
    },
  };
}
