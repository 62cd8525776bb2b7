// What a load round needs to know of the SIP server under test, ours or another.

export interface LoadTarget {
  readonly name: string;
  /** UDP port on 127.0.0.1 that takes the calls. */
  readonly sipPort: number;
  /** The processes whose CPU time is the price of the calls. */
  enginePids(): number[];
  /** Processes beside it that handle its records; their CPU time is listed apart. */
  recordPids(): number[];
  /**
   * Calls that left a record, once all have arrived or `expected` did not come in time; undefined:
   * keeps none.
   */
  recordedCalls(expected: number): Promise<RecordedCalls | undefined>;
  stop(): Promise<void>;
}

export interface RecordedCalls {
  readonly rows: number;
  readonly distinct: number;
}

/** Starts a target that sends every call to the vendor on 127.0.0.1:`vendorPort`. */
export type StartTarget = (vendorPort: number) => Promise<LoadTarget>;
