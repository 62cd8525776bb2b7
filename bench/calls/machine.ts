// The hardware line of every result.
import { cpus, release, totalmem } from 'node:os';

/** `2 x AMD EPYC, 23 GiB, Linux 6.1, Node v20.20.2`. */
export function machineLine(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cores[0]?.model ?? 'unknown CPU';
  return `${cores.length} x ${model}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}
