// How a batch is written into a stream in Redis, and read back. Reading never fails: an entry that somebody else wrote,
// or spoilt, comes out as a batch that whoever reads it puts into quarantine.
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { z } from 'zod'
import type { KeptBatch, QuarantinedBatch, RawBatch } from './batch-store.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** An entry as Redis replies it: its id, then fields and values in turn. */
export const entryReply = z.tuple([z.string(), z.array(z.string())])

const wholeNumber = z.string().regex(/^\d+$/).transform(Number).catch(0)
const fieldsShape = z.object({
  asked: wholeNumber,
  status: wholeNumber,
  receivedAt: z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
    .optional()
    .catch(undefined),
  bytes: wholeNumber,
  body: z.string().catch(''),
})

/** Fields and values of a batch. Bodies are packed: of many rows they take a tenth. */
export async function writeBatch({ asked, status, receivedAt, body }: RawBatch): Promise<readonly (string | number)[]> {
  const packed = (await deflate(body)).toString('base64')
  return Object.entries({ asked, status, receivedAt, bytes: body.length, body: packed }).flat()
}

/** A batch out of its entry. */
export async function readBatch(account: string, [id, words]: z.infer<typeof entryReply>): Promise<KeptBatch> {
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]]] : []))
  const { asked, status, receivedAt = toTime(id), bytes, body } = fieldsShape.parse(Object.fromEntries(pairs))
  // Text that is no packed body is given as it is.
  const raw = await inflate(Buffer.from(body, 'base64'), { maxOutputLength: Math.max(1, bytes) }).catch(() =>
    Buffer.from(body),
  )
  return { id, account, asked, status, body: raw, receivedAt }
}

/** Whether a text can be the id of an entry, as Redis writes one. */
export function isEntryId(text: string): boolean {
  return /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/.test(text)
}

/** When Redis took an entry. */
function toTime(id: string): number {
  return Number(id.split('-')[0])
}

const detailShape = z.tuple([z.string(), z.number().nullable()])

/** What a note of quarantine tells beyond its entry. */
export function writeDetail(detail: Pick<QuarantinedBatch, 'reason' | 'rows'>): string {
  return JSON.stringify([detail.reason, detail.rows])
}

/** A note of quarantine: the entry's place, its id, status, time and bytes, and what `writeDetail` wrote. */
export function readNote(account: string, note: string): QuarantinedBatch {
  const [, id = '', status, receivedAt, bytes, ...detail] = note.split(' ')
  const [reason, rows] = detailShape.parse(JSON.parse(detail.join(' ')))
  return { id, account, status: Number(status), receivedAt: Number(receivedAt), bytes: Number(bytes), reason, rows }
}
