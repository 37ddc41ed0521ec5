// What answers from kept bytes, and what the bytes depend on. It builds, like the composition root it belongs to.
import { hash } from 'node:crypto'
import { isUnproven } from '#access/browser.ts'
import type { RegisteredFolder } from '#graphql/registered-operations.ts'
import type { Clock } from '#model/clock.ts'
import { matchesEntityTag, toAgeSeconds, toCacheControl } from '#rest/freshness-headers.ts'
import type { Config } from './config.ts'
import type { NamedFiles } from './named-files.ts'
import type { Replicas } from './replicas.ts'
import { createAddressReader } from './server/client-address.ts'
import { KeptFront, type KeptFrontOptions } from './server/kept-front.ts'

/** What the front is built from. */
export interface FrontOptions
  extends Pick<KeptFrontOptions, 'authenticator' | 'clientLimit' | 'isOpen' | 'isServing' | 'requests' | 'savings'> {
  readonly config: Pick<Config, 'server'>
  readonly replicas: Pick<Replicas, 'answers'>
  readonly clock: Clock
}

/** Builds the front of a server. */
export function createFront({ config, replicas, ...parts }: FrontOptions): KeptFront {
  return new KeptFront({
    ...parts,
    answers: replicas.answers,
    addressOf: createAddressReader(config.server.trustProxy),
    isUnproven,
    words: {
      toCacheControl: (age, nowMs) => toCacheControl(toFreshness(age), true, nowMs),
      toAgeSeconds: (age, nowMs) => toAgeSeconds(toFreshness(age), nowMs),
      matchesEntityTag,
    },
  })
}

/** What else shapes answers. */
export interface AnswerShapeParts extends Pick<NamedFiles, 'schema'> {
  readonly registered: Pick<RegisteredFolder, 'digest'> | undefined
  /** Of the program. */
  readonly version: string
}

/**
 * What shapes an answer besides the question and the accounts' data, as a digest: the program, the schema, what
 * registered names stand for, and the settings. Replicas that differ in any of it do not send each other's answers.
 */
export function toAnswerShape(config: Config, { schema, registered, version }: AnswerShapeParts): string {
  const { server, access, queries, upstream, cache, accounts } = config
  const { host: _host, port: _port, tls, ...reach } = server
  const shown = accounts.map(({ settings, ...account }) => {
    // Who logs in is told apart elsewhere, and by which way makes no difference.
    const { credentials: _credentials, endpoints: _endpoints, ...rest } = settings
    return { ...account, settings: rest }
  })
  const role = access.mode === 'open' ? access.role : null
  const settings = [{ ...reach, isTls: tls !== null }, access.mode, role, queries, upstream, cache, shown]
  return hash('sha256', JSON.stringify([version, schema, registered?.digest, settings]), 'base64url')
}

function toFreshness({ fetchedAtMs, freshUntilMs }: { readonly fetchedAtMs: number; readonly freshUntilMs: number }) {
  return { fetchedAt: fetchedAtMs, freshUntil: freshUntilMs, stale: false }
}
