/** Tencent's zone-less times and day borders are Beijing time, which is UTC+8 all year round. */
const OFFSET_SECONDS = 8 * 3600

const PATTERN = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Renders UNIX seconds as `YYYY-MM-DD HH:MM:SS` in Beijing time. */
export function toBeijingTime(second: number): string {
  const text = new Date((second + OFFSET_SECONDS) * 1000).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`
}

/** Reads `YYYY-MM-DD HH:MM:SS` Beijing time into UNIX seconds; undefined when malformed or not a real date. */
export function fromBeijingTime(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined
  const second = Date.parse(`${text.replace(' ', 'T')}Z`) / 1000 - OFFSET_SECONDS
  return Number.isNaN(second) || toBeijingTime(second) !== text ? undefined : second
}

/** Start of the Beijing calendar day that holds `second`, in UNIX seconds. */
export function beijingMidnight(second: number): number {
  return Math.floor((second + OFFSET_SECONDS) / 86_400) * 86_400 - OFFSET_SECONDS
}
