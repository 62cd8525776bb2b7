// Loaded before the edge's own code in each of its threads (node --import): a sink that says yes to
// its records and forgets them in every second window (record-windows.ts). Bench record-cost only.
import { RingSink } from '../../engine/cdr/ring-sink.ts';
import { isKept, windowAt } from './record-windows.ts';

const sink = RingSink.prototype;
const { cdr, attempt, state } = sink;

function keeps(): boolean {
  return isKept(windowAt(Date.now()));
}

sink.cdr = function (record, withheld) {
  return keeps() ? cdr.call(this, record, withheld) : true;
};
sink.attempt = function (record) {
  return keeps() ? attempt.call(this, record) : true;
};
sink.state = function (kind, callState) {
  return keeps() ? state.call(this, kind, callState) : true;
};
