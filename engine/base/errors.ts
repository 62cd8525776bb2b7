// The one table of errors that operators meet: code, what happened, why, what to do.
// Control plane only; the data plane returns result codes.

export const errorTable = {
  TDM_CONFIG_INVALID: 'The configuration is not valid. Correct the lines named and start again.',
  TDM_PROVISION_INVALID: 'The provision file is not valid. Nothing of it was applied.',
  TDM_LISTEN_FAILED: 'A listen address cannot be bound. Free the port or change `listen`.',
  TDM_NATIVE_UNAVAILABLE: 'Native sockets do not load here. Use `io: portable` or install koffi.',
  TDM_SPOOL_CORRUPT: 'A spool segment fails its checksum before its end.',
  TDM_SPOOL_FUTURE: 'The spool holds records of a newer version. Update ingest; none is lost.',
  TDM_SPOOL_WRITE: 'The spool cannot be written. Free disk space or correct permissions.',
  TDM_CLICKHOUSE_FAILED: 'ClickHouse refused or did not answer.',
  TDM_KAFKA_MISSING: 'Kafka is configured, but the package node-rdkafka is not installed.',
  TDM_REPORT_ARGUMENTS: 'The report command was called with arguments it does not know.',
} as const;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table; `message` says what exactly is wrong here. */
export class TandemError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'TandemError';
    this.code = code;
  }
}
