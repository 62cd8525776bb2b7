// The one table of errors that operators meet: a code and what to do about it. What happened and
// why stands in the message. Control plane only; the data plane returns result codes.

const errorTable = {
  TDM_CONFIG_INVALID: 'Correct the lines named in the configuration and start again.',
  TDM_PROVISION_INVALID: 'Correct what is named in the provision file; nothing of it was applied.',
  TDM_PARAMETER_REFUSED: 'Set what is allowed; `npm run parameters -- list NAME` shows it.',
  TDM_PARAMETER_ARGUMENTS: 'Call the command as its usage says: npm run parameters -- --help.',
  TDM_DATA_BUSY: 'Stop the other edge, or give this one a `data` folder of its own.',
  TDM_STORE_FAILED: 'Remove the cause named, or put a copy of the control store in its place.',
  TDM_STORE_LOCKED: 'End the other process, or try again when it is done; nothing was changed.',
  TDM_STORE_FUTURE: 'Run the version that wrote the control store, or a newer one.',
  TDM_LISTEN_FAILED: 'Free the port, or name another address in `listen`, `api` or `clickhouse`.',
  TDM_TLS_INVALID: 'Correct the certificate, key or authorities named, then start or send SIGHUP.',
  TDM_NATIVE_UNAVAILABLE: 'Set `io: portable`, or install koffi for this platform.',
  TDM_SPOOL_CORRUPT: 'Keep a copy of the spool, then repair it as the message says.',
  TDM_SPOOL_UNWRITABLE:
    'Make the folder writable for the user that Tandem runs as, on a file system with room.',
  TDM_SPOOL_BUSY: 'Stop the edge or the ingest process that works on the spool, then try again.',
  TDM_REGISTRATION_ARGUMENTS:
    'Call the command as its usage says: npm run registrations -- --help.',
  TDM_SPOOL_ARGUMENTS: 'Call the spool command as its usage says: npm run spool -- --help.',
  TDM_SPOOL_FUTURE: 'Run the version that wrote the spool, or a newer one; no record is lost.',
  TDM_CLICKHOUSE_FAILED: 'Remove the cause named; ClickHouse has to run where `clickhouse` says.',
  TDM_KAFKA_MISSING: 'Type `npm run kafka:install`, or set `kafka: none`.',
  TDM_KAFKA_FAILED: 'Remove the cause named; until then the spool or the topic keeps the records.',
  TDM_KAFKA_FUTURE: 'Update ingest to the version that wrote the record; the topic keeps it.',
  TDM_KAFKA_BROKER: 'Remove the cause named, or name a running cluster in KAFKA_BROKERS.',
  TDM_TRACE_ARGUMENTS: 'Call the trace command as its usage says: npm run trace -- --help.',
  TDM_TRACE_REFUSED: 'See `npm run trace -- list` for what is traced, and stop what is not needed.',
  TDM_REPORT_ARGUMENTS: 'Call the report with the arguments that are listed.',
  TDM_QUERY_REFUSED:
    'Search in another hour, fewer days or fewer rows, or change the parameter named.',
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

/** What a command says before it ends: the message, and on a line of its own what to do. */
export function explain(error: TandemError): string {
  return `${error.message}\nwhat to do: ${errorTable[error.code]}`;
}
