// S15: marks of the rig's own in every place where a secret stands, and a search for them wherever something comes out.
import { createHash, randomBytes } from 'node:crypto'
import type { CallRecord } from '../../../sandbox/call-log.ts'

/** A mark and what it stands for. */
export interface Canary {
  readonly what: string
  readonly value: string
}

/** A text that no chance would write. */
export function createCanary(what: string): Canary {
  return { what, value: `${what.replace(/\W/g, '')}Z${randomBytes(16).toString('hex')}` }
}

/** What each call was signed with: worth as much as the key for a while. */
export function listSignatures(calls: readonly Pick<CallRecord, 'target' | 'headers'>[]): readonly Canary[] {
  return calls.flatMap(({ target, headers }) => {
    const sign = /[?&]sign=([^&]+)/.exec(target)?.[1]
    const authorization = headers['authorization']
    const basic = typeof authorization === 'string' ? /^\w+ (\S+)$/.exec(authorization)?.[1] : undefined
    return [
      ...(sign === undefined ? [] : [{ what: 'a signature', value: sign }]),
      ...(basic === undefined ? [] : [{ what: 'a signed header', value: basic }]),
    ]
  })
}

/** The forms in which a mark may come out. */
function listForms(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value)
  const digest = (name: string) => createHash(name).update(value).digest()
  const base64 = bytes.toString('base64')
  return new Map([
    ['as it is', value],
    ['backwards', [...value].toReversed().join('')],
    ['md5', digest('md5').toString('hex')],
    ['md5 in base64', digest('md5').toString('base64').slice(0, 20)],
    ['sha1', digest('sha1').toString('hex')],
    ['sha256', digest('sha256').toString('hex')],
    // The last letters depend on what stands behind.
    ['base64', base64.replace(/=+$/, '').slice(0, -1)],
    ['base64url', bytes.toString('base64url').slice(0, -1)],
    ['hexadecimal', bytes.toString('hex')],
    ['percent', [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
    ['percent where it must', encodeURIComponent(value)],
    ['half of it', value.slice(0, Math.ceil(value.length / 2))],
  ])
}

/** Every find, in words. */
export function findCanaries(canaries: readonly Canary[], texts: Readonly<Record<string, string>>): readonly string[] {
  const forms = [...new Map(canaries.map((canary) => [canary.value, canary])).values()].flatMap(({ what, value }) =>
    [...listForms(value)].map(([form, text]) => ({ what, form, text: text.toLowerCase() })),
  )
  const finds: string[] = []
  for (const [place, text] of Object.entries(texts)) {
    const lower = text.toLowerCase()
    for (const { what, form, text: wanted } of forms)
      if (lower.includes(wanted)) finds.push(`${what} (${form}) in ${place}`)
  }
  return finds
}
