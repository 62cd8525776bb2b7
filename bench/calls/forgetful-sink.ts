// Loaded before the edge's own code in each of its threads (node --import): a sink that says yes to
// its records and forgets them in every second window (record-windows.ts). Bench record-cost only.
import { RingSink } from '../../engine/cdr/ring-sink.ts';
import { isKept, windowAt } from './record-windows.ts';

type Take = (this: RingSink, first: unknown, second: unknown, third: unknown) => boolean;

const sink = RingSink.prototype as unknown as Record<'cdr' | 'attempt' | 'state', Take>;

for (const name of ['cdr', 'attempt', 'state'] as const) {
  const take = sink[name];
  sink[name] = function (first, second, third) {
    return isKept(windowAt(Date.now())) ? take.call(this, first, second, third) : true;
  };
}
