// Who reads the spool of a node and how far each of them is: the delivery to ClickHouse or Kafka,
// and whoever else keeps a position file there (ingest/delivery-position.ts).
import { readdirSync } from 'node:fs';
import type { DeliveryPosition } from '../delivery-position.ts';
import { loadPosition, positionFile } from '../delivery-position.ts';

/** The delivery to ClickHouse, straight or through Kafka. */
export const DELIVERY = 'delivery';

export interface Consumer {
  /** `delivery`, or the name of another consumer such as `push`. */
  readonly name: string;
  readonly path: string;
  /** Undefined: the file is not a position; `problem` says so. */
  readonly position: DeliveryPosition | undefined;
  readonly problem: string;
}

/** Those that have a position file, and the delivery, which may have none yet. */
export function consumersOf(directory: string, node: string): Consumer[] {
  const prefix = `${node}.position-`;
  const others = readdirSync(directory)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
    .map((name) => name.slice(prefix.length, -'.json'.length))
    .filter((name) => /^[a-z0-9]+$/.test(name));
  return [DELIVERY, ...others.sort()].map((name) => consumerOf(directory, node, name));
}

export function consumerOf(directory: string, node: string, name: string): Consumer {
  const path = positionFile(directory, node, name === DELIVERY ? undefined : name);
  try {
    return { name, path, position: loadPosition(path), problem: '' };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name, path, position: undefined, problem };
  }
}
