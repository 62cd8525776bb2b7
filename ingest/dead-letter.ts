// Records that decode to nothing ClickHouse would take are set aside, not lost: one JSON line each
// in `<node>.dead-letter.ndjson` beside the spool, with the reason and the payload in base64.
// A batch that is delivered again after a crash writes its lines again.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface DeadLetter {
  /** Token of the batch: node, segment and byte range. */
  readonly batch: string;
  readonly kind: number;
  readonly version: number;
  readonly reason: string;
  readonly payload: string;
}

/** Appends durably. @throws the system's errors. */
export function appendDeadLetters(
  directory: string,
  node: string,
  letters: readonly DeadLetter[],
): void {
  if (letters.length === 0) return;
  const fd = openSync(join(directory, `${node}.dead-letter.ndjson`), 'a', 0o640);
  try {
    writeSync(fd, letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
