// What no single setting can tell: whether the settings fit each other.
import { isLoopback } from '#access/loopback.ts'
import { takenNames } from '#model/caller.ts'
import type { ConfigProblem } from './problems.ts'

/** SHA-256 of the empty text: what `sha256sum` says of a variable that is not set. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** A key as the settings list it. */
export interface ListedKey {
  readonly name: string
  readonly sha256: string
  readonly accounts?: readonly string[] | undefined
}

/** Whether clients are told apart as the settings say, and may be where Weir listens. */
export function checkAccess(
  access: {
    readonly mode?: 'open' | 'keys' | 'jwt' | undefined
    readonly keys: readonly ListedKey[]
    readonly jwt: object | null
  },
  host: string,
): readonly ConfigProblem[] {
  const { mode, keys, jwt } = access
  if (jwt && (keys.length > 0 || mode === 'keys'))
    return [
      {
        path: 'access',
        problem: 'has both keys and jwt',
        allowed: 'one way to tell clients apart',
        remedy: 'remove access.keys or access.jwt, and access.mode with it',
      },
    ]
  if (mode === 'jwt' && !jwt)
    return [
      {
        path: 'access.jwt',
        problem: 'is missing, so nobody could ask anything',
        allowed: 'issuer, audience and jwksUrl',
        remedy: 'say whose tokens are taken, and where the keys are that they are signed with',
      },
    ]
  if (mode === 'keys' && keys.length === 0)
    return [
      {
        path: 'access.keys',
        problem: 'is empty, so nobody could ask anything',
        allowed: 'at least one key',
        remedy: 'list a key: its name and the digest that `printf %s "$KEY" | sha256sum` prints',
      },
    ]
  if (mode === 'open' && jwt)
    return [
      {
        path: 'access.mode',
        problem: 'is "open" although there is an issuer of tokens, which would then protect nothing',
        allowed: null,
        remedy: 'remove access.jwt, or set access.mode to jwt',
      },
    ]
  if (mode === 'open' && keys.length > 0)
    return [
      {
        path: 'access.mode',
        problem: 'is "open" although keys are listed, which would then protect nothing',
        allowed: null,
        remedy: 'remove access.keys, or set access.mode to keys',
      },
    ]
  if (mode === undefined && keys.length === 0 && !jwt && !isLoopback(host))
    return [
      {
        path: 'access.mode',
        problem: `is left out while server.host is ${JSON.stringify(host)}, which others can reach`,
        allowed: 'keys, jwt, or open written out',
        remedy: 'list keys under access.keys, or listen on 127.0.0.1, or write access: { mode: open } if all may ask',
      },
    ]
  return []
}

/** Whether the listed keys are told apart, and name accounts that exist. */
export function checkKeys(keys: readonly ListedKey[], accountNames: readonly string[]): readonly ConfigProblem[] {
  const accounts = new Set(accountNames)
  return keys.flatMap((key, index) => {
    const path = `access.keys[${index}]`
    const earlier = keys.slice(0, index)
    const problems: ConfigProblem[] = []
    const meaning = takenNames.get(key.name)
    if (meaning !== undefined)
      problems.push({
        path: `${path}.name`,
        problem: `is "${key.name}", as ${meaning} is called`,
        allowed: 'any other name',
        remedy: null,
      })
    const sameName = earlier.findIndex((other) => other.name === key.name)
    if (sameName >= 0) problems.push(toRepeat(`${path}.name`, `access.keys[${sameName}].name`))
    const sameKey = earlier.findIndex((other) => other.sha256 === key.sha256)
    if (sameKey >= 0) problems.push(toRepeat(`${path}.sha256`, `access.keys[${sameKey}].sha256`))
    if (key.sha256 === EMPTY_SHA256)
      problems.push({
        path: `${path}.sha256`,
        problem: 'is the digest of an empty text',
        allowed: null,
        remedy: 'check that the variable holding the key was set when its digest was taken',
      })
    key.accounts?.forEach((name, place) => {
      if (!accounts.has(name))
        problems.push({
          path: `${path}.accounts[${place}]`,
          problem: 'names no account of these settings',
          allowed: accountNames.length === 0 ? null : `one of ${accountNames.join(', ')}`,
          remedy: null,
        })
    })
    return problems
  })
}

/** Whether anybody could ask anything where only registered operations are carried out. */
export function checkPersisted(persisted: {
  readonly only: boolean
  readonly directory: string | null
}): readonly ConfigProblem[] {
  if (!persisted.only || persisted.directory !== null) return []
  return [
    {
      path: 'queries.persisted.directory',
      problem: 'is missing although only registered operations are to be carried out',
      allowed: 'a folder of operations',
      remedy: 'name the folder, or remove queries.persisted.only',
    },
  ]
}

/** Whether every account has a name of its own. */
export function checkAccountNames(names: readonly (string | null)[]): readonly ConfigProblem[] {
  return names.flatMap((name, index) => {
    const first = name === null ? -1 : names.indexOf(name)
    return first >= 0 && first < index ? [toRepeat(`accounts[${index}].name`, `accounts[${first}].name`)] : []
  })
}

function toRepeat(path: string, first: string): ConfigProblem {
  return { path, problem: `is the same as ${first}`, allowed: null, remedy: 'give each its own' }
}
