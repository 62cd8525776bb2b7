// How many CDRs wait in the spool of a node for its slowest consumer. Nobody has counted them when
// that consumer stands still, so this walks ahead of all: it notes how many CDRs there are up to
// which place, and looks up what of that the consumers' positions have behind them.
import { KIND_CDR } from '../../engine/cdr/schema.ts';
import { SpoolReader } from '../../engine/cdr/spool-reader.ts';
import type { SpoolPosition } from '../../engine/cdr/spool-segment.ts';
import { deliveredPositions } from '../delivery-position.ts';

/** Records between two marks. */
const MARK_RECORDS = 512;
/** Records walked in one go: more than come in a second, and less than 100 ms. */
const MAX_RECORDS = 100_000;

/** `cdrs` of them stand before the place. */
interface Mark extends SpoolPosition {
  readonly cdrs: number;
}

export class PendingRecords {
  readonly #directory: string;
  readonly #node: string;
  #reader: SpoolReader;
  /** Ascending; the first is at or before the slowest consumer. */
  #marks: Mark[];

  /** @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file. */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#node = node;
    const slowest = this.#slowest();
    this.#reader = this.#readerFrom(slowest);
    this.#marks = [{ ...slowest, cdrs: 0 }];
  }

  /**
   * CDRs that wait now, to be asked again and again: a long spool is walked in parts, until then
   * the figure is too small. @throws as the constructor, and the system's errors.
   */
  count(): number {
    this.#walk();
    const slowest = this.#slowest();
    // Somebody has moved a position back, to have records delivered again.
    if (isBefore(slowest, this.#marks[0]!)) this.#restart(slowest);
    while (this.#marks.length > 1 && !isBefore(slowest, this.#marks[1]!)) this.#marks.shift();
    return this.#marks.at(-1)!.cdrs - this.#cdrsBefore(slowest);
  }

  close(): void {
    this.#reader.close();
  }

  #walk(): void {
    let cdrs = this.#marks.at(-1)!.cdrs;
    for (let records = 0; records < MAX_RECORDS; records += MARK_RECORDS) {
      const batch = this.#reader.readBatch(MARK_RECORDS, (kind) => {
        if (kind === KIND_CDR) cdrs++;
        return true;
      });
      if (batch === undefined) return;
      this.#marks.push({ sequence: batch.sequence, offset: batch.last, cdrs });
    }
  }

  #restart(from: SpoolPosition): void {
    this.#reader.close();
    this.#reader = this.#readerFrom(from);
    this.#marks = [{ ...from, cdrs: 0 }];
    this.#walk();
  }

  #readerFrom(position: SpoolPosition): SpoolReader {
    // Damage is told by those who deliver.
    return new SpoolReader(this.#directory, this.#node, position, () => undefined);
  }

  #slowest(): SpoolPosition {
    return deliveredPositions(this.#directory, this.#node).reduce((slowest, position) =>
      isBefore(position, slowest) ? position : slowest,
    );
  }

  /** CDRs in front of a place; between two marks by their share of the bytes. */
  #cdrsBefore(place: SpoolPosition): number {
    const [low, high] = this.#marks as [Mark, ...Mark[]];
    if (high?.sequence !== place.sequence) return low.cdrs;
    const from = low.sequence === high.sequence ? low.offset : 0;
    const share = Math.min(1, Math.max(0, (place.offset - from) / (high.offset - from)));
    return low.cdrs + Math.round((high.cdrs - low.cdrs) * share);
  }
}

function isBefore(a: SpoolPosition, b: SpoolPosition): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.offset < b.offset);
}
