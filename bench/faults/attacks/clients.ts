// Who asks in these cases: the keys of a gateway under attack, and the settings that know them.
import { createHash } from 'node:crypto'

/** A key as its holder sends it. */
export interface Client {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
}

/** Reads everything, and may see no more than data. */
export const reader = createClient('web')
/** Runs the gateway. */
export const operator = createClient('operator')
/** See one account each, and `hostile`. */
export const leftTenant = createClient('left-tenant')
export const rightTenant = createClient('right-tenant')

/** Access by these keys. */
export const keyAccess = {
  mode: 'keys',
  keys: [
    toSetting(reader, 'reader'),
    toSetting(operator, 'ops'),
    toSetting(leftTenant, 'reader', ['left']),
    toSetting(rightTenant, 'reader', ['right']),
  ],
}

/** The key of a client. */
export function toKey({ name }: Pick<Client, 'name'>): string {
  return `key-of-${name}-for-attacks-only`
}

/** The digest that settings know a key by. */
export function toDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

function createClient(name: string): Client {
  return { name, headers: { 'x-api-key': toKey({ name }) } }
}

function toSetting(client: Client, role: 'reader' | 'ops', accounts?: readonly string[]) {
  return { name: client.name, sha256: toDigest(toKey(client)), role, ...(accounts && { accounts }) }
}
