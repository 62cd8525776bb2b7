// Records that the report server refuses are set aside, not lost: one JSON line each, with the
// record and what the server said, in `<node>.push-refused.ndjson` beside the spool.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RefusedRecord } from './push-feed.ts';

/** Appends durably. @throws the system's errors. */
export function appendRefused(directory: string, node: string, refused: RefusedRecord): void {
  const fd = openSync(join(directory, `${node}.push-refused.ndjson`), 'a', 0o640);
  try {
    const { id, reason, record } = refused;
    const [quotedId, quotedReason] = [id, reason].map((text) => JSON.stringify(text));
    writeSync(fd, `{"id":${quotedId},"reason":${quotedReason},"record":${record}}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
