// Takes the secrets out of a message before it leaves the shard for a trace (SEC-11): what proves
// knowledge of a password (digest responses), passwords of URIs, and keys of media (RFC 4568).
// Each is replaced by as many `x`, so that lengths, and with them Content-Length, stay right.

/** What stands in such fields: a message without any of the words needs no further look. */
const SUSPECT = /authorization|authentication-info|sips?:[^\s@<>]*:|inline:|\r\nk=/i;
const CREDENTIALS = /^((?:proxy-)?authorization|authentication-info)[ \t]*:.*(?:\r?\n[ \t].*)*/gim;
const DIGEST_VALUE = /\b(response|rspauth|cnonce)([ \t\r\n]*=[ \t\r\n]*"?)([^",\s]*)/gi;
const OTHER_SCHEME = /^([^:]*:[ \t]*)(?!digest\b)([^\s=,]+[ \t]+)(\S+)/i;
const URI_PASSWORD = /\b(sips?:[^\s:@<>?"]*:)([^\s@<>"]+)(?=@)/gi;
const MEDIA_KEY = /(inline:)([^\s|;]+)/gi;
const KEY_LINE = /^(k=[a-z0-9]+:)([^\r\n]+)/gim;

function hidden(text: string): string {
  return 'x'.repeat(text.length);
}

/** @param message latin1 text @returns the same length, secrets replaced */
export function maskSecrets(message: string): string {
  if (!SUSPECT.test(message)) return message;
  return message
    .replace(CREDENTIALS, maskCredentials)
    .replace(URI_PASSWORD, (_, head: string, password: string) => head + hidden(password))
    .replace(MEDIA_KEY, (_, head: string, key: string) => head + hidden(key))
    .replace(KEY_LINE, (_, head: string, key: string) => head + hidden(key));
}

function maskCredentials(line: string): string {
  return line
    .replace(
      DIGEST_VALUE,
      (_, name: string, between: string, value: string) => name + between + hidden(value),
    )
    .replace(OTHER_SCHEME, (whole: string, name: string, scheme: string, value: string) =>
      name.toLowerCase().startsWith('authentication-info') ? whole : name + scheme + hidden(value),
    );
}
