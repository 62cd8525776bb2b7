// A data folder with a spool and a provision, and the context that jobs of ingest get from them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import type { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import { loadConfig } from '../../../engine/config/load.ts';
import type { IngestContext } from '../../../ingest/ingest-job.ts';
import { newIngestState } from '../../../ingest/ingest-state.ts';
import { LiveParameters } from '../../../ingest/live-parameters.ts';
import {
  appendRecord,
  NODE,
  openWriter,
  encodeCall,
  sampleCdr,
  temporaryDirectory,
} from '../../engine/cdr/records.ts';

export interface FeedContext extends IngestContext {
  /** What was logged as a warning or an error. */
  readonly complaints: string[];
  /** Writes the parameters into the provision and has them read. */
  provide(parameters: object): void;
  /** CDRs and attempts of calls `[first, first + count)`, durable on return. */
  spool(first: number, count: number): void;
  readonly writer: SpoolWriter;
}

/** @param segmentBytes small, so that a test goes over several segments */
export function feedContext(t: TestContext, segmentBytes = 20_000): FeedContext {
  const folder = temporaryDirectory(t);
  const provision = join(folder, 'provision.yaml');
  const configFile = join(folder, 'tandem.yaml');
  writeFileSync(configFile, `{ node: ${NODE}, data: . }`);
  writeFileSync(provision, '{}');
  const directory = join(folder, 'spool');
  mkdirSync(directory);
  const complaints: string[] = [];
  const complain = (figures: object, text: string): void => {
    complaints.push(`${text} ${JSON.stringify(figures)}`);
  };
  const log = { info: () => undefined, warn: complain, error: complain };
  const state = newIngestState();
  const parameters = new LiveParameters(provision, state, log);
  const writer = openWriter(directory, { segmentBytes });
  return {
    config: loadConfig(configFile),
    parameters,
    directory,
    state,
    log,
    kafka: null,
    complaints,
    writer,
    provide: (values) => {
      writeFileSync(provision, JSON.stringify({ parameters: values }));
      parameters.reload();
    },
    spool: (first, count) => {
      spoolCalls(writer, first, count);
    },
  };
}

/** Ids of calls `[0, count)` in the order of the spool. */
export function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => sampleCdr(n).id);
}

function spoolCalls(writer: SpoolWriter, first: number, count: number): void {
  const encoder = new RecordEncoder();
  const append = (kind: number): void => {
    const { bytes, length } = encoder;
    assert.ok(appendRecord(writer, kind, SCHEMA_VERSION, bytes, 0, length));
  };
  for (let n = first; n < first + count; n++) {
    encodeCall(encoder, n, append);
    if (n % 7 === 0) assert.ok(writer.commit());
  }
  assert.ok(writer.commit());
}
