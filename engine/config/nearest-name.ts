// "Did you mean": the known name that is closest to a mistyped one.

/** Levenshtein distance of two names, upper and lower case alike. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The closest name, when at most a third of its letters (or two) are wrong. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const d = distance(name.toLowerCase().slice(0, 100), candidate.toLowerCase());
    if (d < least && d <= Math.max(2, Math.floor(candidate.length / 3))) {
      nearest = candidate;
      least = d;
    }
  }
  return nearest;
}

/** `; did you mean "x"?` or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
