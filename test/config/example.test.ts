import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { providers } from '#providers/index.ts'
import { type FileSchema, toFileSchema } from '#src/config/allowed.ts'
import { accountBasicsSchema, settingsSchema } from '#src/config/schema.ts'
import { loadConfig } from '#src/config.ts'
import { generateConfigurationDocs } from '../../scripts/generate-configuration-docs.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const text = read('examples/weir.yaml')
/** Clients are told apart in one way, so a second file holds the other. */
const tokensText = read('examples/weir-tokens.yaml')

const environment = { WEB_KEY_SHA256: 'ab'.repeat(32), TENCENT_API_KEY: 'a'.repeat(32), CNC_API_KEY: 'b'.repeat(32) }
const load = (file: string) =>
  loadConfig({ environment, workingDirectory: '/srv/weir', readFile: () => file, providers })

const schemas = [settingsSchema, accountBasicsSchema, ...providers.map(({ settings }) => settings)].map(toFileSchema)

/** Every mapping of a schema with the path it stands at. */
function listMappings(schema: FileSchema, path: string): { path: string; schema: FileSchema }[] {
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])]
  return [
    ...(schema.type === 'object' ? [{ path, schema }] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      typeof property === 'object' ? listMappings(property, `${path}.${name}`) : [],
    ),
    ...inner.flatMap((item) => (typeof item === 'object' && !Array.isArray(item) ? listMappings(item, path) : [])),
  ]
}

const mappings = schemas.flatMap((schema) => listMappings(schema, ''))

describe('the schemas', () => {
  test('describe every setting', () => {
    const bare = mappings.flatMap(({ path, schema }) =>
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
        typeof property === 'object' && property.description === undefined ? [`${path}.${name}`] : [],
      ),
    )
    expect(bare).toEqual([])
  })

  test('refuse unknown settings everywhere', () => {
    // The top of a provider's part is made strict by whoever reads it.
    const lax = mappings.filter(({ path, schema }) => path !== '' && schema.additionalProperties === undefined)
    expect(lax.map(({ path }) => path)).toEqual([])
  })
})

describe('the example', () => {
  test('is accepted', () => {
    const config = load(text)
    expect(config.accounts.map(({ provider }) => provider)).toEqual(providers.map(({ id }) => id))
  })

  test('is accepted as the documentation prints it', () => {
    const printed = /```yaml\n([\s\S]*?)```/.exec(read('docs/configuration.md'))?.[1] ?? ''
    expect(load(printed)).toEqual(load(text))
  })

  test('shows the defaults wherever it does not say otherwise', () => {
    const config = load(text)
    const bare = load(
      'accounts: [ { name: cnc-main, provider: chinanetcenter, credentials: { username: u, apiKey: "12345678901234567890123456789012" } } ]',
    )
    const { server, queries, upstream, cache, log, dataDirectory } = config
    expect({ server, queries, upstream, cache, log, dataDirectory }).toEqual({
      server: bare.server,
      queries: bare.queries,
      upstream: bare.upstream,
      cache: bare.cache,
      log: bare.log,
      dataDirectory: bare.dataDirectory,
    })
    expect(config.accounts[1]?.settings['endpoints']).toEqual(bare.accounts[0]?.settings['endpoints'])
    expect(config.accounts[1]?.quota).toEqual(bare.accounts[0]?.quota)
  })

  test('of tokens is accepted, and shows the defaults of what is not marked as required', () => {
    const { access, server } = load(tokensText)
    const required = `{ issuer: https://id.example.com/, audience: weir, jwksUrl: "https://id.example.com/.well-known/jwks.json" }`
    expect(access).toEqual(
      load(`${tokensText.slice(0, tokensText.indexOf('access:'))}access: { jwt: ${required} }
${tokensText.slice(tokensText.indexOf('accounts:\n'))}`).access,
    )
    expect(server.tls).toEqual({ certificateFile: '/srv/weir/tls/tls.crt', keyFile: '/srv/weir/tls/tls.key' })
  })

  test('holds every setting there is, together with the one of tokens', () => {
    const example: unknown = parse(text)
    const written = new Set([...listPaths(example, ''), ...listPaths(parse(tokensText), '')])
    const top = mappingsOf(settingsSchema, '')
    const account = [accountBasicsSchema, ...providers.map(({ settings }) => settings)].flatMap((schema) =>
      mappingsOf(schema, '.accounts'),
    )
    expect([...top, ...account].filter((path) => !written.has(path))).toEqual([])
  })
})

test('docs/configuration.md is what the schemas say; "npm run generate" brings it up to date', () => {
  expect(read('docs/configuration.md')).toBe(generateConfigurationDocs())
})

function mappingsOf(schema: Parameters<typeof toFileSchema>[0], path: string): string[] {
  return listMappings(toFileSchema(schema), path).flatMap(({ path: at, schema: mapping }) =>
    Object.keys(mapping.properties ?? {}).map((name) => `${at}.${name}`),
  )
}

/** Paths of all settings in a value. Entries of lists share one, and so do the limits of interfaces, which have names. */
function listPaths(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => listPaths(item, path))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => [
    `${path}.${name}`,
    ...(name === 'interfaces' ? Object.values<unknown>(Object(item)) : [item]).flatMap((inner: unknown) =>
      listPaths(inner, `${path}.${name}`),
    ),
  ])
}
