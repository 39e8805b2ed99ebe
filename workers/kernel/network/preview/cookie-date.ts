const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DELIMITER = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/;
const DAY = /^(\d{1,2})(?:\D|$)/;
const YEAR = /^(\d{2,4})(?:\D|$)/;
const FIRST_YEAR = 1601;

/**
 * A cookie's date as RFC 6265, section 5.1.1 reads it: the parts in any order, whatever is between them.
 *
 * @returns milliseconds since 1970; undefined when it is none
 */
export function parseCookieDate(text: string): number | undefined {
  let time: readonly number[] | undefined;
  let day: number | undefined;
  let month: number | undefined;
  let year: number | undefined;
  for (const token of text.split(DELIMITER)) {
    const clock = time === undefined ? TIME.exec(token) : null;
    const ofMonth = day === undefined ? DAY.exec(token) : null;
    const named = month === undefined ? MONTHS.indexOf(token.slice(0, 3).toLowerCase()) : -1;
    const ofYear = year === undefined ? YEAR.exec(token) : null;
    if (clock) time = clock.slice(1).map(Number);
    else if (ofMonth) day = Number(ofMonth[1]);
    else if (named >= 0) month = named;
    else if (ofYear) year = fullYear(Number(ofYear[1]));
  }
  if (!time || day === undefined || month === undefined || year === undefined) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = time;
  if (year < FIRST_YEAR || hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const date = new Date(Date.UTC(year, month, day, hours, minutes, seconds));
  // The 31st of a month with 30 days is no day.
  return date.getUTCDate() === day ? date.getTime() : undefined;
}

function fullYear(year: number): number {
  if (year >= 70 && year <= 99) return year + 1900;
  return year <= 69 ? year + 2000 : year;
}
