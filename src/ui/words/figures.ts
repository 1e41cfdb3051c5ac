/** Formats of days, cached because making them takes longer than drawing a row. */
interface Formats {
  /** The quarter of an hour for which they were made: in every time zone a day begins with one. */
  readonly quarter: number
  readonly today: string
  readonly yesterday: string
  readonly day: Intl.DateTimeFormat
  readonly dayOfYear: Intl.DateTimeFormat
  readonly month: Intl.DateTimeFormat
  readonly shortDay: Intl.DateTimeFormat
}

const counts = new Intl.NumberFormat('en-US')
let latest: Formats | undefined

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** Returns a size for people, in powers of 1,000 and at most three digits: `300 bytes`, `1.2 MB`, `740 MB`. */
export function sayBytes(bytes: number): string {
  if (Math.round(bytes) === 1) return '1 byte'
  const power = powerOf(bytes)
  return `${digits(bytes, power)} ${units[power]}`
}

/** Returns the done part of a size, with the unit once when it is the same: `1.5 of 2.4 GB`, `900 KB of 2.4 GB`. */
export function sayBytesOf(done: number, total: number): string {
  const power = powerOf(total)
  const isSameUnit = power > 0 && (done === 0 || done >= 1000 ** power / 10)
  return isSameUnit ? `${digits(done, power)} of ${sayBytes(total)}` : `${sayBytes(done)} of ${sayBytes(total)}`
}

/** Returns a rate for people that does not break over two lines: `3.1 MB/s`; '' while nothing moves. */
export function sayRate(bytesPerSecond: number): string {
  return bytesPerSecond < 1 ? '' : `${sayBytes(bytesPerSecond).replace(' ', '\u00a0')}/s`
}

/** Returns the time that is left, rounded as an honest guess: `a few seconds left`, `5 min left`, `2 h 10 min left`. */
export function sayTimeLeft(seconds: number): string {
  if (seconds < 10) return 'a few seconds left'
  if (seconds < 55) return `${Math.ceil(seconds / 10) * 10} s left`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return `${minutes} min left`
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.round(hours / 24)} days left`
  const rest = Math.round((minutes % 60) / 10) * 10
  return rest === 0 || rest === 60 ? `${rest === 60 ? hours + 1 : hours} h left` : `${hours} h ${rest} min left`
}

/** Returns how long ago `then` was: `now`, `4 min ago`, `3 h ago`, `2 days ago`. Unix milliseconds. */
export function sayAgo(then: number, now: number): string {
  const age = sayAge(now - then)
  return age === '' ? 'now' : `${age} ago`
}

/** Returns a span in its largest unit, '' under a minute: `4 min`, `19 h`, `3 days`. Milliseconds. */
export function sayAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return ''
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.floor(hours / 24)} days`
}

/** Returns the day of `then` as people name it: `today`, `yesterday`, `3 March`, `June 2025`. Unix milliseconds, local time. */
export function sayDay(then: number, now: number): string {
  const formats = formatsAt(now)
  const day = formats.day.format(then)
  if (day === formats.today) return now - then < 60_000 && now >= then ? 'just now' : 'today'
  if (day === formats.yesterday) return 'yesterday'
  return (day.slice(0, 4) === formats.today.slice(0, 4) ? formats.dayOfYear : formats.month).format(then)
}

/** Returns a day with its year: `29 November 2027`. Unix milliseconds, local time. */
export function sayDate(then: number): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' }).format(then)
}

/** Returns a day that does not break over two lines: `26 Nov`. Unix milliseconds, local time. */
export function sayShortDay(then: number): string {
  return (latest ?? formatsAt(then)).shortDay.format(then).replace(' ', '\u00a0')
}

/** Returns a count with its noun: `1 piece`, `2,048 pieces`. */
export function sayCount(count: number, one: string, many = `${one}s`): string {
  return `${counts.format(count)} ${count === 1 ? one : many}`
}

function powerOf(bytes: number): number {
  let power = 0
  // 999.5 would be shown as 1000, so it belongs to the next unit
  while (power < units.length - 1 && bytes >= 999.5 * 1000 ** power) power++
  return power
}

function digits(bytes: number, power: number): string {
  const value = bytes / 1000 ** power
  if (power === 0) return String(Math.round(value))
  return value < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value))
}

/** Returns the formats for `now`. They keep the time zone in which they were made, so they are made anew every quarter of an hour. */
function formatsAt(now: number): Formats {
  const quarter = Math.floor(now / 900_000)
  if (latest?.quarter === quarter) return latest
  const day = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' })
  latest = {
    quarter,
    today: day.format(now),
    yesterday: day.format(now - 86_400_000),
    day,
    dayOfYear: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' }),
    shortDay: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }),
    month: new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric' }),
  }
  return latest
}
