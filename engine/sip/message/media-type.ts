// Content-Type of a message or of a body part: type, subtype, parameters.
// RFC 3261 25.1: media-type = m-type SLASH m-subtype *(SEMI m-parameter)
import { equalsFolded, skipLws, skipToken, SLASH } from './bytes.ts';

/** Reusable view of a media type. */
export class MediaType {
  typeStart = -1;
  typeEnd = -1;
  subtypeStart = -1;
  subtypeEnd = -1;
  /** From the first semicolon on; equal when there are no parameters. */
  paramsStart = -1;
  paramsEnd = -1;

  /** Reads the value that fills `start..end`; false when it is malformed. */
  parse(buf: Buffer, start: number, end: number): boolean {
    this.typeStart = skipLws(buf, start, end);
    this.typeEnd = skipToken(buf, this.typeStart, end);
    const slash = skipLws(buf, this.typeEnd, end);
    if (this.typeEnd === this.typeStart || slash >= end || buf[slash] !== SLASH) return false;
    this.subtypeStart = skipLws(buf, slash + 1, end);
    this.subtypeEnd = skipToken(buf, this.subtypeStart, end);
    this.paramsStart = skipLws(buf, this.subtypeEnd, end);
    this.paramsEnd = end;
    return this.subtypeEnd > this.subtypeStart;
  }

  /** Whether type and subtype are these words, any case. */
  is(buf: Buffer, type: Buffer, subtype: Buffer): boolean {
    return (
      equalsFolded(buf, this.typeStart, this.typeEnd, type) &&
      equalsFolded(buf, this.subtypeStart, this.subtypeEnd, subtype)
    );
  }
}
