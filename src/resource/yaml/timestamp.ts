const form =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d)))|(?: +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/;

/** Whether go-yaml takes a text for a time: it stays a text, but is written quoted. Only dates that exist count. */
export function looksLikeTimestamp(text: string): boolean {
  const match = form.exec(text);
  if (match === null) return false;
  const [, year, month, day, ...clock] = match.map((part) => (part === undefined ? 0 : Number(part)));
  const [
    hour = 0,
    minute = 0,
    second = 0,
    zoneHour = 0,
    zoneMinute = 0,
    plainHour = 0,
    plainMinute = 0,
    plainSecond = 0,
  ] = clock;
  return (
    isDate(year ?? 0, month ?? 0, day ?? 0) &&
    Math.max(hour, plainHour) < 24 &&
    Math.max(minute, plainMinute, second, plainSecond) < 60 &&
    zoneHour <= 24 &&
    zoneMinute <= 60
  );
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}
