// Messages of the screenshot queue in Weir's words. Pure.
import { fieldOf, type PayloadObject, toText, toWebAddress } from '#contract/payload.ts'
import type { SnapshotMessage } from '#model/snapshot.ts'
import type { Instant } from '#model/time-range.ts'
import { readTime } from './beijing-time.ts'
import type { TencentSettings } from './settings.ts'

/** What the name of a picture tells. */
interface NamedFacts {
  readonly takenAt: Instant | null
  readonly width: number | null
  readonly height: number | null
}

/** A message of the queue; undefined when it names no stream or no file. */
export function toSnapshotMessage(
  row: PayloadObject,
  settings: TencentSettings['snapshots'],
): SnapshotMessage | undefined {
  const fullUrl = toText(fieldOf(row, 'pic_full_url'))?.trim()
  const shortUrl = toText(fieldOf(row, 'pic_url'))?.trim()
  const file = fullUrl ?? shortUrl
  if (file === undefined) return undefined
  const key = toText(fieldOf(row, 'stream_id')) ?? readStreamId(toFileName(file))
  if (key === null) return undefined
  const named = readFileName(toFileName(file), key)
  return {
    key,
    file,
    takenAt: readTime(fieldOf(row, 'create_time')) ?? named.takenAt,
    width: named.width,
    height: named.height,
    url: toWebAddress(fullUrl) ?? toWebAddress(shortUrl) ?? toBucketAddress(shortUrl, settings),
  }
}

/** The address of a bare file name, as the vendor's guide to recording and screenshots gives it. */
function toBucketAddress(file: string | undefined, settings: TencentSettings['snapshots']): string | null {
  const { bucket, cosAppId } = settings
  // Something with a scheme is no file name, whatever it is.
  if (file === undefined || bucket === undefined || cosAppId === undefined || /^[a-z][a-z\d+.-]*:/i.test(file))
    return null
  const path = file.replace(/^\/+/, '').toWellFormed().split('/').map(encodeURIComponent).join('/')
  return toWebAddress(`http://${bucket}-${cosAppId}.file.myqcloud.com/${path}`)
}

/** The last part of a path or address, as it was before percent-encoding. */
function toFileName(file: string): string {
  const path = toWebAddress(file) === null ? file : new URL(file).pathname
  const name = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The stream id that a file name begins with, read from the right; null when it is not of the form below. */
function readStreamId(name: string): string | null {
  return /^(.+?)_[1-9]\d{9}(?:_[1-9]\d{9})?_\d{1,11}_\d{1,5}_\d{1,5}\.[A-Za-z]{2,5}$/.exec(name)?.[1] ?? null
}

/**
 * `<stream id>_<push start>_<task start>_<relative seconds>_<width>_<height>.jpg`, where the task start may be
 * missing, or `…-1280x720.jpg`. The stream id may itself hold `_` and digits: it is taken off where it is known to
 * stand, otherwise the name is read from its end.
 */
function readFileName(name: string, key: string): NamedFacts {
  const stem = name.replace(/\.[A-Za-z]{2,5}$/, '')
  const sized = /-(\d{1,5})x(\d{1,5})$/.exec(stem)
  if (sized) return { takenAt: null, width: toPixels(sized[1]), height: toPixels(sized[2]) }
  const known = stem.startsWith(`${key}_`) ? stem.slice(key.length + 1).split('_') : []
  // What follows the id must be a time: `room_1` also begins with `room_`.
  const isKnown = isEpoch(known[0]) && (known.length === 4 || known.length === 5)
  const fields = (isKnown ? known : stem.split('_')).reverse()
  const [height, width, relative, second, third] = fields
  if (![height, width, relative, second].every((field) => /^\d{1,11}$/.test(field ?? '')))
    return { takenAt: null, width: null, height: null }
  // Counted from the end: the task start comes before the push start, when both are there.
  const hasTask = isKnown ? known.length === 5 : isEpoch(third) && isEpoch(second)
  const pushStart = hasTask ? third : second
  return {
    takenAt: isEpoch(pushStart) ? readTime(Number(pushStart) + Number(relative)) : null,
    width: toPixels(width),
    height: toPixels(height),
  }
}

/** Ten digits: a time from 2001 to 2286. */
function isEpoch(field: string | undefined): boolean {
  return /^[1-9]\d{9}$/.test(field ?? '')
}

function toPixels(field: string | undefined): number | null {
  const pixels = Number(field)
  return pixels > 0 && pixels < 100_000 ? pixels : null
}
