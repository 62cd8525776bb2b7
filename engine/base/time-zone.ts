// Names of time zones. Zones matter only at the border (reports, hours of the day in parameters);
// inside, times are UTC.

/** Letters first: Node 22 knows offsets such as +05:30 as well, ClickHouse does not. */
const IANA = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/;

/** Whether `name` is an IANA time zone, as `Asia/Dhaka` or `UTC`, in that database's spelling. */
export function isTimeZone(name: string): boolean {
  if (!IANA.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
