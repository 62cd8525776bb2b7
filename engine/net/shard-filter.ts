// A classic BPF program by which the kernel picks the shard of a datagram, among the sockets that
// share a port (SO_ATTACH_REUSEPORT_CBPF): what belongs to a running call comes straight to its
// shard instead of through a ring of another one. It only saves that way: the shards check each
// datagram themselves (engine/shard/shard-of.ts). listen-sockets.ts attaches it.
//
// The first mark of a response, or of a request that comes within dialogs, is taken for the shard's
// (engine/base/shard-mark.ts). All else, INVITE above all, is left to the kernel's hash of the
// addresses.
import { MARK } from '../base/shard-mark.ts';

/** linux/filter.h, linux/bpf_common.h */
const LD_LEN = 0x80;
const LD_WORD = 0x20;
const LD_BYTE_AT_X = 0x50;
const LD_SCRATCH = 0x60;
const LDX = 0x01;
const LDX_SCRATCH = 0x61;
const ST = 0x02;
const ADD = 0x04;
const ADD_X = 0x0c;
const SUB = 0x14;
const AND = 0x54;
const LSH = 0x64;
const RSH = 0x74;
const JA = 0x05;
const JEQ = 0x15;
const JGE = 0x35;
const RET = 0x06;
const RET_A = 0x16;
const TAX = 0x07;
const TXA = 0x87;

/** No index of a socket: the kernel takes its hash. */
const BY_HASH = 0xffff_ffff;
const LENGTH = 0;
const WORD = 1;
/** In 24 bits. */
const MARK_WORD = Buffer.from(MARK, 'latin1').readUIntBE(0, 3);
/** First words of what is looked at: responses, and requests that come within dialogs. */
const STARTS = ['SIP/', 'ACK ', 'BYE ', 'INFO', 'PRAC', 'UPDA'];
/** `SIP/2.0 200 OK`, CRLF, `Via: SIP/2.0/UDP `: no mark comes before. */
const SCAN_FROM = 32;
/** Bytes between two checks of the length; a conditional jump spans 255 instructions at most. */
const STRIDE = 48;
export const INSTRUCTION_BYTES = 8;

type Instruction = readonly [code: number, k: number, onTrue?: number, onFalse?: number];

/** Eight instructions for two bytes, with the way from the first to each of the two hits. */
function look(at: number, hitNext: number, hit: number): Instruction[] {
  return [
    [LDX, at],
    [LD_WORD, at],
    [ST, WORD],
    [RSH, 8],
    [JEQ, MARK_WORD, hit - 5],
    [LD_SCRATCH, WORD],
    [AND, 0xff_ffff],
    [JEQ, MARK_WORD, hitNext - 8],
  ];
}

/** Looks for the mark in `STRIDE` bytes; `toFound`: instructions from the end of these on. */
function scan(from: number, toFound: number): Instruction[] {
  const looks = STRIDE / 2;
  const size = looks * 8;
  const steps = Array.from({ length: looks }, (_, i) => {
    // Behind the last look: a jump over the next four.
    const hitNext = size - i * 8 + 1;
    return look(from + 2 * i, hitNext, hitNext + 3);
  });
  return [
    [LD_SCRATCH, LENGTH],
    // A word beyond the end would end the program with socket 0.
    [JGE, from + STRIDE + 2, 1, 0],
    [RET, BY_HASH],
    ...steps.flat(),
    [JA, 4],
    [TXA, 0],
    [ADD, 1],
    [TAX, 0],
    [JA, toFound],
  ];
}

/** Value of the hex digit at X + `offset`; anything else makes an index that no socket has. */
function digit(offset: number): Instruction[] {
  return [
    [LD_BYTE_AT_X, offset],
    [JGE, 0x61, 2, 0],
    [SUB, 0x30],
    [JA, 1],
    [SUB, 0x57],
  ];
}

const FOUND: readonly Instruction[] = [
  ...digit(3),
  [LSH, 4],
  [ST, WORD],
  ...digit(4),
  [LDX_SCRATCH, WORD],
  [ADD_X, 0],
  [RET_A, 0],
];

/**
 * The program, instructions of 8 bytes (struct sock_filter).
 * @param reach how many bytes of a datagram it looks at, at least
 */
export function shardFilter(reach: number): Uint8Array {
  const strides = Math.ceil((reach - SCAN_FROM) / STRIDE);
  const scanSize = scan(0, 0).length;
  const program: Instruction[] = [
    [LD_LEN, 0],
    [ST, LENGTH],
    [JGE, 4, 1, 0],
    [RET, BY_HASH],
    [LD_WORD, 0],
    ...STARTS.map((start, i): Instruction => [JEQ, wordOf(start), STARTS.length - i]),
    [RET, BY_HASH],
  ];
  for (let i = 0; i < strides; i++) {
    program.push(...scan(SCAN_FROM + i * STRIDE, (strides - 1 - i) * scanSize + 1));
  }
  program.push([RET, BY_HASH], ...FOUND);
  return assemble(program);
}

function wordOf(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32BE();
}

function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  program.forEach(([code, k, onTrue = 0, onFalse = 0], i) => {
    const at = i * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes[at + 2] = onTrue;
    bytes[at + 3] = onFalse;
    bytes.writeUInt32LE(k, at + 4);
  });
  return bytes;
}
