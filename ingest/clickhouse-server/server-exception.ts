// ClickHouse exceptions as the HTTP interface shows them: code, name, HTTP status, body.
// Source: ClickHouse documentation "HTTP Interface"; status by name as ClickHouse 26 gives them.

/** The exceptions that the front raises itself; chDB's own come as text with number and name. */
const CODES = {
  BAD_ARGUMENTS: 36,
  CHECKSUM_DOESNT_MATCH: 40,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  UNKNOWN_COMPRESSION_METHOD: 89,
  REQUIRED_PASSWORD: 194,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  READONLY: 164,
  ABORTED: 236,
  CANNOT_DECOMPRESS: 271,
  INTO_OUTFILE_NOT_ALLOWED: 358,
  SESSION_NOT_FOUND: 372,
  SESSION_IS_LOCKED: 373,
  QUERY_IS_TOO_LARGE: 229,
  AUTHENTICATION_FAILED: 516,
} as const;

const NAMES_BY_STATUS: readonly (readonly [status: number, names: string])[] = [
  [401, 'REQUIRED_PASSWORD'],
  [403, 'UNKNOWN_USER WRONG_PASSWORD AUTHENTICATION_FAILED SET_NON_GRANTED_ROLE ACCESS_DENIED'],
  [
    400,
    `BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE
    CANNOT_PARSE_QUOTED_STRING CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER
    CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4 CANNOT_PARSE_IPV6 CANNOT_PARSE_UUID
    CANNOT_PARSE_INPUT_ASSERTION_FAILED DUPLICATE_COLUMN ILLEGAL_COLUMN UNKNOWN_ELEMENT_IN_AST
    UNKNOWN_TYPE_OF_AST_NODE THERE_IS_NO_COLUMN TOO_DEEP_AST TOO_BIG_AST UNEXPECTED_AST_STRUCTURE
    SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE`,
  ],
  [
    404,
    `UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE UNKNOWN_DATABASE
    UNKNOWN_SETTING UNKNOWN_DIRECTION_OF_SORTING UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_FORMAT
    UNKNOWN_DATABASE_ENGINE UNKNOWN_TYPE_OF_QUERY UNKNOWN_ROLE`,
  ],
  [408, 'TIMEOUT_EXCEEDED'],
  [411, 'HTTP_LENGTH_REQUIRED'],
  [413, 'QUERY_IS_TOO_LARGE'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK'],
];

const STATUS = new Map(
  NAMES_BY_STATUS.flatMap(([status, names]) =>
    names.split(/\s+/).map((name) => [name, status] as const),
  ),
);

/** An exception of the front itself, in the words of a ClickHouse server. */
export class ServerException extends Error {
  /** @param message without the `Code: N.` prefix and the `(NAME)` suffix */
  constructor(message: string, name: keyof typeof CODES) {
    super(`Code: ${CODES[name]}. DB::Exception: ${message}. (${name})`);
    this.name = name;
  }
}

export interface ExceptionReply {
  /** ClickHouse's error number, for `X-ClickHouse-Exception-Code`. */
  readonly code: number;
  /** HTTP status. */
  readonly status: number;
  /** One line, with its line end. */
  readonly body: string;
}

/** chDB repeats prefix and suffix once per layer, and names the upload's file: left out. */
function tidy(message: string): string {
  return message
    .trim()
    .replace(/^(Code: \d+\. DB::Exception: )(?:Code: \d+\. DB::Exception: )+/, '$1')
    .replace(/(\([A-Z_0-9]+\))(?: \(version [\d.]+\)\.? ?(?:\([A-Z_0-9]+\))?)+$/, '$1')
    .replace(/: \(in file\/uri [^)]*\)/g, '')
    .replace(/: While executing File: data for INSERT was parsed from file/g, '');
}

/** What a client is told of `error`, whatever it is. */
export function exceptionReply(error: unknown, version: string): ExceptionReply {
  const raw = error instanceof Error ? error.message : String(error);
  const number = /^Code: (\d+)\./.exec(raw);
  if (number === null) {
    const body = `Code: 1002. DB::Exception: ${raw}. (UNKNOWN_EXCEPTION) (version ${version})\n`;
    return { code: 1002, status: 500, body };
  }
  const text = tidy(raw);
  const name = /\(([A-Z_0-9]+)\)$/.exec(text)?.[1] ?? '';
  return {
    code: Number(number[1]),
    status: STATUS.get(name) ?? 500,
    body: `${text} (version ${version})\n`,
  };
}
