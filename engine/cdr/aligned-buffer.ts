// Memory that starts at a page boundary, as direct I/O wants it (spool-files.ts). Node's own
// buffers start 16 bytes behind one; the memory of WebAssembly always starts at one.
// Used by the spool writer for its group and for the zeros that it allocates a segment with.

/** Place, length and memory of a direct write are multiples of it: the largest sector there is. */
export const BLOCK_BYTES = 4096;

const PAGE_BYTES = 65_536;

interface Memory {
  readonly buffer: ArrayBuffer;
}
type MemoryConstructor = new (size: { initial: number }) => Memory;

/** Zeros; at least `bytes` of them. */
export function alignedBuffer(bytes: number): Buffer {
  // The types of Node without those of a browser do not know it.
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } };
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return Buffer.from(new WebAssembly.Memory({ initial: pages }).buffer);
}

/** `bytes`, or the next multiple of BLOCK_BYTES above it. */
export function blocksUp(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/**
 * Nothing but zeros, never written to: what a segment is allocated with, 1,100 bytes a call. Four
 * MiB at once take 0.4 ms of CPU, four times one takes 1.3: a quarter of a microsecond a call.
 */
export const ZEROS = alignedBuffer(4 << 20);
