// What a switch still holds after all its threads have collected their garbage: the figure that
// grows when something leaks. RSS also follows the young generation, which grows with the load.
import type { SwitchProcess, SwitchProgram } from './switch-process.ts';
import { until } from './until.ts';

/** The switch that can tell; see measured-edge.ts. */
export const MEASURED_EDGE: SwitchProgram = {
  script: 'dist/bench/calls/measured-edge.js',
  arguments: [],
};

/** Begins the line of an answer: number of the collection, bytes. */
export const HEAP_LINE = 'heap after collection';

const LINE = new RegExp(`${HEAP_LINE} (\\d+): (\\d+)`, 'g');
const PATIENCE_MS = 30_000;

/** Bytes of heap and buffers in all threads of a MEASURED_EDGE. Throws when it does not answer. */
export async function heapLeft(edge: SwitchProcess): Promise<number> {
  const last = (): RegExpExecArray | undefined => [...edge.log().matchAll(LINE)].at(-1);
  const before = Number(last()?.[1] ?? 0);
  edge.signal('SIGUSR2');
  const bytes = await until(() => {
    const line = last();
    return Number(line?.[1] ?? 0) > before ? Number(line![2]) : undefined;
  }, PATIENCE_MS);
  if (bytes === undefined) throw new Error(`No "${HEAP_LINE}" from the switch:\n${edge.log()}`);
  return bytes;
}
