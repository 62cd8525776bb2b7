// Reads CSV after RFC 4180, to the letter: what the tests hold CDR files against.

/** Lines of fields. Throws where the text is no CSV. */
export function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const fields: string[] = [];
    for (;;) {
      const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
      fields.push(field.value);
      at = field.end;
      if (text[at] !== ',') break;
      at++;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no line end at ${at} of the CSV`);
    at += 2;
    lines.push(fields);
  }
  return lines;
}

function plainField(text: string, start: number): { value: string; end: number } {
  let end = start;
  while (end < text.length && !',\r\n"'.includes(text[end]!)) end++;
  return { value: text.slice(start, end), end };
}

function quotedField(text: string, start: number): { value: string; end: number } {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') value += text[at]!;
    else if (text[at + 1] !== '"') return { value, end: at + 1 };
    else value += text[at++]!;
  }
  throw new Error(`quote at ${start} of the CSV is never closed`);
}
