/** Times as scripts get them (contract 4): `YYYYMMDDHHMMSS`, 14 characters, local time. */

const two = (n: number): string => String(n).padStart(2, '0')

/** Local time of `date`; '' for an invalid date. */
export function localTimestamp(date: Date): string {
  if (Number.isNaN(date.getTime())) return ''
  const day = `${String(date.getFullYear()).padStart(4, '0')}${two(date.getMonth() + 1)}${two(date.getDate())}`
  return `${day}${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
}
