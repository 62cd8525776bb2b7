// A multipart/form-data body (RFC 7578): how clients send long query parameters. Text fields only;
// a file would be an external table, which this server does not have.
import { ServerException } from './server-exception.ts';

function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) {
    throw new ServerException('The form body has no boundary', 'BAD_ARGUMENTS');
  }
  return boundary;
}

/** RFC 7578 section 2: names carry `"` and line ends percent-encoded. */
const decodeName = (name: string): string =>
  name.replace(/%(22|0A|0D)/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function readField(part: string): readonly [name: string, value: string] {
  const end = part.indexOf('\r\n\r\n');
  const head = part.slice(0, end);
  const name = /content-disposition:[^\r\n]*;\s*name="([^"]*)"/i.exec(head)?.[1];
  if (end < 0 || name === undefined) {
    throw new ServerException('A part of the form body has no name', 'BAD_ARGUMENTS');
  }
  if (/;\s*filename=/i.test(head)) {
    const message = `External table '${name}' (a file in a form) is not supported by this server`;
    throw new ServerException(message, 'NOT_IMPLEMENTED');
  }
  return [decodeName(name), Buffer.from(part.slice(end + 4), 'latin1').toString('utf8')];
}

/**
 * The fields of a form, in order.
 * @throws ServerException BAD_ARGUMENTS (not a form), NOT_IMPLEMENTED (a file)
 */
export function readForm(body: Buffer, contentType: string): (readonly [string, string])[] {
  // latin1 keeps one character a byte until a value is cut out.
  const text = `\r\n${body.toString('latin1')}`;
  const parts = text.split(`\r\n--${boundaryOf(contentType)}`);
  if (parts.length < 2 || !parts.at(-1)!.startsWith('--')) {
    throw new ServerException('The form body is cut short', 'BAD_ARGUMENTS');
  }
  return parts.slice(1, -1).map((part) => readField(part.replace(/^[ \t]*\r\n/, '')));
}
