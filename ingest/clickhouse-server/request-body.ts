// A request's body: decompressed, its head kept in memory for the statement, its data put into a
// file of the upload directory, from where chDB reads an INSERT in its own threads (twice as fast
// as handing it text, works for binary formats, and a client that dies half-way inserts nothing).
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { BlockDecompressor } from './block-compression.ts';
import { ServerException } from './server-exception.ts';

/** Longest statement without its data; more than ClickHouse's 256 KiB, for long IN lists. */
const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;
/** Where the data of an INSERT begins must be within this head of a body. */
const HEAD_BYTES = 256 * 1024;
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024 * 1024;

const DECOMPRESSORS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

export interface RequestBody {
  /** The first 256 KiB, or all of a shorter body. */
  readonly head: Buffer;
  /** The body when it is (the rest of) a statement. @throws ServerException QUERY_IS_TOO_LARGE */
  readAll(): Promise<Buffer>;
  /** Writes `prefix` and the body from offset `from` of its head into `file`. */
  save(file: string, prefix: Buffer, from: number): Promise<void>;
}

function httpDecompressor(request: IncomingMessage): Duplex[] {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return [];
  const create = DECOMPRESSORS.get(encoding.toLowerCase());
  if (create === undefined) {
    const known = [...DECOMPRESSORS.keys()].join(', ');
    const message = `Unknown Content-Encoding '${encoding}', supported are ${known}`;
    throw new ServerException(message, 'UNKNOWN_COMPRESSION_METHOD');
  }
  return [create()];
}

/** @param blocks the body is in ClickHouse's own compressed blocks, within any HTTP compression */
function decompressed(request: IncomingMessage, blocks: boolean): Readable {
  const stages: Duplex[] = httpDecompressor(request);
  if (blocks) stages.push(new BlockDecompressor());
  const last = stages.at(-1);
  if (last === undefined) return request;
  // Pipeline hands an abort or a bad checksum over as the stream's error, which the reader sees.
  pipeline([request, ...stages]).catch(() => undefined);
  return last;
}

const tooLarge = (what: string, limit: number): ServerException =>
  new ServerException(`${what} is longer than ${limit} bytes`, 'QUERY_IS_TOO_LARGE');

/**
 * Begins to read the body of `request`.
 * @param blocks the body is in ClickHouse's own compressed blocks (`decompress=1`)
 * @throws ServerException UNKNOWN_COMPRESSION_METHOD, CANNOT_DECOMPRESS, CHECKSUM_DOESNT_MATCH
 */
export async function openBody(request: IncomingMessage, blocks: boolean): Promise<RequestBody> {
  const stream = decompressed(request, blocks);
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let ended = false;
  let length = 0;

  const readUntil = async (bytes: number): Promise<Buffer> => {
    while (!ended && length < bytes) {
      const step = await chunks.next();
      if (step.done === true) ended = true;
      else {
        parts.push(step.value);
        length += step.value.length;
      }
    }
    const all = Buffer.concat(parts);
    parts.splice(0, parts.length, all);
    return all;
  };

  const head = await readUntil(HEAD_BYTES);

  async function* data(prefix: Buffer, from: number): AsyncGenerator<Buffer> {
    if (prefix.length > 0) yield prefix;
    yield head.subarray(from);
    let written = prefix.length + head.length;
    while (!ended) {
      const step = await chunks.next();
      if (step.done === true) return;
      written += step.value.length;
      if (written > MAX_UPLOAD_BYTES) throw tooLarge('The data of the INSERT', MAX_UPLOAD_BYTES);
      yield step.value;
    }
  }

  return {
    head,
    async readAll() {
      const all = await readUntil(MAX_STATEMENT_BYTES + 1);
      if (all.length > MAX_STATEMENT_BYTES) throw tooLarge('The query', MAX_STATEMENT_BYTES);
      return all;
    },
    async save(file, prefix, from) {
      const sink = createWriteStream(file, { highWaterMark: 1024 * 1024 });
      await pipeline(Readable.from(data(prefix, from), { objectMode: false }), sink);
    },
  };
}

/** Runs `task` with the path of a file of its own in `directory`, then removes the file. */
export async function withUpload<T>(
  directory: string,
  id: string,
  task: (file: string) => Promise<T>,
): Promise<T> {
  const file = join(directory, `${id}.data`);
  try {
    return await task(file);
  } finally {
    await rm(file, { force: true });
  }
}
