// The shard's end of the ring to the recorder, as the record path sees it
// (engine/cdr/record-ring.ts), and of the ring that takes traced messages to main.
import type { RecordRing } from '../cdr/record-ring.ts';
import { RingProducer } from '../shm/ring.ts';

export interface QuietingRing extends RecordRing {
  /** Promises that nothing comes before `monoMs`: the shard sleeps until then. */
  quietUntil(monoMs: number): void;
}

export function recordRing(memory: SharedArrayBuffer): QuietingRing {
  const producer = new RingProducer(memory);
  return {
    offer(type, bytes, length) {
      const at = producer.claim(type, length);
      if (at < 0) return false;
      producer.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), at);
      producer.commit();
      // Recorder and main poll: they never need to be woken.
      producer.publish();
      return true;
    },
    quietUntil: (monoMs) => {
      producer.quietUntil(monoMs);
    },
    freeBytes: () => producer.capacityBytes - producer.depthBytes(),
  };
}
