// The `spool` key of tandem.yaml: how much disk the spool may take. Sizes are texts such as 50 GiB.
// Descriptions complete "must be ...".
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { Partially } from './schema-check.ts';
import type { YamlFile } from './yaml-file.ts';

export interface SpoolSettings {
  /** All segments together; at it the edge takes no new calls. */
  readonly maxBytes: number;
  /** Percent of maxBytes from which on the alarm is given and delivered segments go. */
  readonly warnPercent: number;
  /** What the file system must have left; below it the edge takes no new calls. */
  readonly minFreeBytes: number;
  /** Delivered segments are kept for a look back up to this size, while there is room. */
  readonly keepBytes: number;
}

const UNITS: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^(\d{1,6}) ?(KiB|MiB|GiB|TiB)$/;

const size = (byDefault: string): ReturnType<typeof Type.String> =>
  Type.String({
    pattern: SIZE.source,
    default: byDefault,
    description: 'a size such as 512 MiB or 50 GiB',
  });

export const SPOOL_SCHEMA = Type.Object(
  {
    maxBytes: size('50 GiB'),
    warnPercent: Type.Integer({
      minimum: 1,
      maximum: 99,
      default: 80,
      description: 'a whole number of percent from 1 to 99',
    }),
    minFreeBytes: size('1 GiB'),
    keepBytes: size('256 MiB'),
  },
  { additionalProperties: false, default: {}, description: 'a map such as { maxBytes: 50 GiB }' },
);

/** Below it a segment or two would be the whole spool. */
const LEAST_MAX_BYTES = 256 * 2 ** 20;

type Settings = Static<typeof SPOOL_SCHEMA>;

/** The sizes as numbers. Notes what does not fit together as problems of the file. */
export function spoolSettings(
  accepted: Partially<Settings> | undefined,
  file: YamlFile,
): SpoolSettings {
  const maxBytes = bytesOf(accepted?.maxBytes);
  if (accepted?.maxBytes !== undefined && maxBytes < LEAST_MAX_BYTES) {
    file.problem(['spool', 'maxBytes'], `is ${accepted.maxBytes}; must be at least 256 MiB`);
  }
  return {
    maxBytes,
    warnPercent: accepted?.warnPercent ?? 0,
    minFreeBytes: bytesOf(accepted?.minFreeBytes),
    keepBytes: bytesOf(accepted?.keepBytes),
  };
}

/** 0 for a text that the schema has refused: the file is not used then. */
function bytesOf(text: string | undefined): number {
  const match = SIZE.exec(text ?? '');
  return match === null ? 0 : Number(match[1]) * UNITS[match[2]!]!;
}
