// The part of pino's logger that ingest uses: figures first, then what happened.

export interface IngestLog {
  info(figures: object, message: string): void;
  warn(figures: object, message: string): void;
  error(figures: object, message: string): void;
}
