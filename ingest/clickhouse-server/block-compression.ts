// ClickHouse's own compression of HTTP bodies (`compress=1`, `decompress=1`): a sequence of blocks
//   checksum (16: CityHash128 of what follows) | method (1) | length with this header of 9 (4) |
//   length of the data (4) | compressed data
// Source: ClickHouse documentation "HTTP Interface", and its CompressedWriteBuffer.
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { cityHash128 } from './city-hash.ts';
import { decodeLz4, encodeLz4 } from './lz4.ts';
import { ServerException } from './server-exception.ts';

const METHOD_NONE = 0x02;
const METHOD_LZ4 = 0x82;
const METHOD_ZSTD = 0x90;
const CHECKSUM_BYTES = 16;
const HEADER_BYTES = 9;
/** As ClickHouse cuts its own. */
const BLOCK_BYTES = 1024 * 1024;
/** ClickHouse refuses larger ones too. */
const MAX_BLOCK_BYTES = 1024 * 1024 * 1024;

function encodeBlock(data: Buffer): Buffer {
  const compressed = encodeLz4(data);
  const block = Buffer.allocUnsafe(CHECKSUM_BYTES + HEADER_BYTES + compressed.length);
  block[CHECKSUM_BYTES] = METHOD_LZ4;
  block.writeUInt32LE(HEADER_BYTES + compressed.length, CHECKSUM_BYTES + 1);
  block.writeUInt32LE(data.length, CHECKSUM_BYTES + 5);
  compressed.copy(block, CHECKSUM_BYTES + HEADER_BYTES);
  cityHash128(block.subarray(CHECKSUM_BYTES)).copy(block);
  return block;
}

/** `bytes` as blocks of LZ4; nothing stays nothing. */
export function compressBlocks(bytes: Uint8Array): Buffer {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Buffer[] = [];
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    blocks.push(encodeBlock(data.subarray(at, at + BLOCK_BYTES)));
  }
  return Buffer.concat(blocks);
}

const damaged = (what: string): ServerException =>
  new ServerException(`Cannot decompress the request's body: ${what}`, 'CANNOT_DECOMPRESS');

function decodeBlock(block: Buffer): Buffer {
  if (!cityHash128(block.subarray(CHECKSUM_BYTES)).equals(block.subarray(0, CHECKSUM_BYTES))) {
    throw new ServerException("Checksum doesn't match: corrupted data", 'CHECKSUM_DOESNT_MATCH');
  }
  const method = block[CHECKSUM_BYTES];
  const size = block.readUInt32LE(CHECKSUM_BYTES + 5);
  const compressed = block.subarray(CHECKSUM_BYTES + HEADER_BYTES);
  if (method === METHOD_NONE) return compressed;
  if (method === METHOD_LZ4) {
    const data = size > MAX_BLOCK_BYTES ? undefined : decodeLz4(compressed, size);
    if (data === undefined) throw damaged('a block of LZ4 is malformed');
    return data;
  }
  const name = method === METHOD_ZSTD ? 'ZSTD' : `0x${(method ?? 0).toString(16)}`;
  const message = `Compression method ${name} of a block is not supported by this server; use LZ4`;
  throw new ServerException(message, 'UNKNOWN_COMPRESSION_METHOD');
}

/** Blocks in, data out; fails with a ServerException. */
export class BlockDecompressor extends Transform {
  #held: Buffer = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    try {
      while (this.#held.length >= CHECKSUM_BYTES + HEADER_BYTES) {
        const length = CHECKSUM_BYTES + this.#held.readUInt32LE(CHECKSUM_BYTES + 1);
        if (length < CHECKSUM_BYTES + HEADER_BYTES || length > MAX_BLOCK_BYTES) {
          throw damaged(`a block says that it has ${length} bytes`);
        }
        if (this.#held.length < length) break;
        this.push(decodeBlock(this.#held.subarray(0, length)));
        this.#held = this.#held.subarray(length);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#held.length === 0 ? null : damaged('it ends within a block'));
  }
}
