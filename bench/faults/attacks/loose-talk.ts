// S17: what an ordinary caller may learn of the inside: the schema, the code, versions, what a provider said, what broke.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { getIntrospectionQuery } from 'graphql'
import { toAnswer } from '../../../test/support/hostile-upstream.ts'
import { type Gateway, isGateway } from './gateway.ts'
import { sendRaw, toLines, toRequest } from './raw-http.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

/** Names that the schemas of both targets have. */
const FIELD_NAMES = ['accounts', 'liveStreams', 'onlineViewers', 'provider', 'nodes']
const SECRET_TEXT = 'SQLSTATE at /opt/provider/secret.php line 7'

const introspections = [
  getIntrospectionQuery(),
  '{__schema{types{name}}}',
  '{__type(name:"Query"){fields{name}}}',
  '{hidden:__schema{queryType{name}}}',
  '{...F} fragment F on Query{__schema{queryType{name}}}',
]
/** Each nearly a name that is there. */
const nearMisses = [
  '{acounts{name}}',
  '{account(nam:"a"){name}}',
  '{accounts{nam provide}}',
  '{liveStream{node{ke}}}',
  '{accounts(name:"a"){name}}',
  '{... on Acount{name}}',
  '{accounts @skp{name}}',
]
const broken = ['{', '{accounts{name', 'query($x:Nothing){accounts{name}}', '{accounts(names:7){name}}', '\\', '{"']

/** S17. */
export async function attackWithCuriosity({ target, judgement }: Attack): Promise<void> {
  const ways = openWays(target)
  const texts: string[] = []
  let introspected = 0
  for (const query of introspections)
    for (const ask of [ways.post, ways.get, ways.socket]) {
      const { text, isExecuted } = await ask({ query })
      if (isExecuted) introspected += 1
      texts.push(text)
    }
  judgement.equals('introspections', introspected, 0)

  const suggestions: string[] = []
  for (const query of nearMisses)
    for (const ask of [ways.post, ways.get, ways.socket]) {
      const { text } = await ask({ query })
      const words: readonly string[] = text.match(/\w+/g) ?? []
      const named = FIELD_NAMES.filter((name) => !query.includes(name) && words.includes(name))
      if (/did you mean/i.test(text) || named.length > 0) suggestions.push(text.slice(0, 120))
      texts.push(text)
    }
  judgement.equals('suggestions', suggestions[0] ?? 'none', 'none')
  for (const query of broken) texts.push((await ways.post({ query })).text)

  const versions: string[] = []
  const pages = [
    '/graphiql',
    '/docs',
    '/console',
    '/nowhere',
    '/healthz',
    '/readyz',
    '/metrics',
    '/v1/accounts',
    '/v1/nowhere',
    '/%',
    '/v1/accounts/%ff',
    '/..%2f..%2fetc/passwd',
    '/graphql',
  ]
  const withoutKey: string[] = []
  for (const path of pages)
    for (const headers of [toLines(target.caller), []]) {
      const reply = await sendRaw(target, toRequest(`GET ${path}`, [...headers, 'Accept: text/html']))
      texts.push(reply.body)
      for (const name of ['server', 'x-powered-by', 'via', 'x-aspnet-version'])
        if (reply.headers.has(name)) versions.push(`${path}: ${name}`)
      if (/fastify|mercurius|node(\.js)?\/?\s?v?\d+\.\d+/i.test(reply.headers.get('server') ?? '')) versions.push(path)
      // What is shown to anybody holds no data of anybody's.
      if (isGateway(target) && headers.length === 0 && /"(left|right|reports|hostile)"/.test(reply.body))
        withoutKey.push(path)
      if (path === '/graphql' && /graphiql/i.test(reply.body)) withoutKey.push('GraphiQL at /graphql')
    }
  judgement.equals('versionHeaders', versions.join() || 'none', 'none')
  judgement.equals('dataWithoutKey', withoutKey.join() || 'none', 'none')

  if (isGateway(target)) texts.push(...(await makeProviderTalk(target)))
  const talk = texts.filter((text) =>
    /\n\s+at |node_modules|node:internal|\.ts:\d|\.js:\d|\/src\/|\/work\/|SQLSTATE/.test(stripPage(text)),
  )
  judgement.note('texts', texts.length)
  judgement.equals('stackTracesAndUpstreamTexts', talk[0]?.slice(0, 200) ?? 'none', 'none')
  if (isGateway(target)) await judgeMaskedError({ target, judgement })
  await ways.close()
}

/** A page's own scripts are code, and name files. */
function stripPage(text: string): string {
  return /^\s*<!doctype/i.test(text) ? '' : text
}

/** What a provider says in its errors is between it and the gateway. */
async function makeProviderTalk({ hostile, ...target }: Gateway): Promise<string[]> {
  const ways = openWays(target)
  const texts: string[] = []
  const messages = [
    `{"ret":1234,"message":"${SECRET_TEXT}"}`,
    `<html>${SECRET_TEXT}</html>`,
    `{"code":500,"message":"${SECRET_TEXT}"}`,
  ]
  for (const [index, body] of messages.entries())
    for (const status of ['200 OK', '500 Internal', '403 Forbidden']) {
      hostile.behave((socket) => socket.write(toAnswer(body, [], status)))
      const key = `talk${index}${status.slice(0, 3)}`
      texts.push((await ways.post({ query: `{stream(account:"hostile",key:"${key}"){state}}` })).text)
      const rest = await fetch(`${target.url}/v1/accounts/hostile/streams/${key}/recordings`, {
        headers: target.caller,
      })
      texts.push(await rest.text())
    }
  hostile.behave((socket) => socket.write(toAnswer('{}')))
  await ways.close()
  return texts
}

/** Breaks the store of snapshots: what goes wrong inside is told by an id that the log has exactly once. */
async function judgeMaskedError({
  target,
  judgement,
}: {
  readonly target: Gateway
  readonly judgement: Attack['judgement']
}) {
  breakStore(join(target.folder, 'data', 'snapshots.sqlite'))
  const answer = await fetch(`${target.url}/v1/accounts/left/snapshots`, { headers: target.caller })
  const text = await answer.text()
  const { code, detail = '', requestId = '' }: { code?: string; detail?: string; requestId?: string } = JSON.parse(text)
  judgement.equals('maskedCode', code ?? '', 'INTERNAL')
  judgement.equals('maskedText', /sqlite|disk|malformed|database/i.test(text), false)
  judgement.note('maskedDetail', detail)
  const logged = target.lines.filter((line) => line.includes(`"${requestId}"`) && /"level":"error"/.test(line))
  judgement.equals('linesOfTheError', requestId === '' ? 0 : logged.length, 1)
}

/** Takes every table away under the process that has it open. */
function breakStore(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA foreign_keys = OFF')
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
  for (const { name } of tables) database.exec(`DROP TABLE "${String(name)}"`)
  database.close()
}
