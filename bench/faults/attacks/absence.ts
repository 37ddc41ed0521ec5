// S16, the other half: somebody else's account must look exactly like one that is not there.
import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../figures/percentiles.ts'
import { leftTenant, rightTenant } from './clients.ts'
import type { Gateway } from './gateway.ts'
import { introduceSocket, readMessage } from './operation-socket.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const TIMED = 200
const TIMING_LIMIT_MS = 5

/** Somebody else's account and none at all, in every place where an account can be named. */
export async function judgeAbsence(
  { target, judgement }: Pick<Attack<Gateway>, 'target' | 'judgement'>,
  hidden: readonly string[],
): Promise<void> {
  const caller = leftTenant.headers
  const ways = openWays({ url: target.url, caller })
  const other = 'tenant'
  const absent = 'nobody'
  const get = async (path: string, headers: Readonly<Record<string, string>> = caller) => {
    const answer = await fetch(target.url + path, { headers })
    return { status: answer.status, text: await answer.text() }
  }
  const different: string[] = []
  const compare = (what: string, one: string, two: string) => {
    const [plain, second] = [one, two].map((text) =>
      text
        .replaceAll(other, '*')
        .replaceAll(absent, '*')
        .replace(/"requestId":"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}/g, ''),
    )
    if (plain !== second) different.push(`${what}: ${plain} but ${second}`)
  }
  const paths = [
    '',
    '/live-streams',
    '/snapshots',
    '/streams/k',
    '/streams/k/recordings',
    '/streams/k/events',
    '/streams/k/push-samples?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z',
  ]
  for (const path of paths) {
    const [theirs, nobodys] = [await get(`/v1/accounts/${other}${path}`), await get(`/v1/accounts/${absent}${path}`)]
    compare(path, `${theirs.status} ${theirs.text}`, `${nobodys.status} ${nobodys.text}`)
    if (theirs.status !== 404) different.push(`${path}: ${theirs.status}`)
  }
  const questions = [
    (name: string) => `{account(name:"${name}"){name}}`,
    (name: string) => `{accounts(names:["${name}"]){name}}`,
    (name: string) => `{stream(account:"${name}",key:"k"){id}}`,
    (name: string) => `{liveStreams(accounts:["${name}"],first:1){nodes{key} failures{account code message}}}`,
    (name: string) =>
      `{pushSessions(account:"${name}",keys:["k"],from:"2026-01-01T00:00:00Z",to:"2026-01-01T01:00:00Z"){stale}}`,
  ]
  for (const write of questions)
    for (const ask of [ways.post, ways.get, ways.socket])
      compare(write('*'), (await ask({ query: write(other) })).text, (await ask({ query: write(absent) })).text)
  const id = /"id":"([^"]+)"/.exec(await fetchIdOf(target, other))?.[1] ?? 'missing'
  const node = (await ways.post({ query: `{node(id:"${id}"){id}}` })).codes.join()
  judgement.equals('nodeOfTheOther', node, 'NOT_FOUND')
  const lists = [
    (await ways.post({ query: '{accounts{name}}' })).text,
    (await get('/v1/accounts')).text,
    (await get('/v1/live-streams')).text,
  ]
  judgement.equals(
    'listsWithTheOther',
    lists.filter((text) => hidden.some((name) => text.includes(`"${name}"`))).length,
    0,
  )
  judgement.equals('metricsForReader', (await get('/metrics')).status, 403)
  await ways.close()

  const events = await listEvents(target, other, absent)
  compare('events', events[0] ?? '', events[1] ?? '')
  judgement.equals('lookDifferent', different.slice(0, 3).join(' | ') || 'none', 'none')
  const times = { theirs: [] as number[], nobodys: [] as number[] }
  for (let round = 0; round < TIMED; round += 1)
    for (const [list, name] of [
      [times.theirs, other],
      [times.nobodys, absent],
    ] as const) {
      const startedAtMs = performance.now()
      await get(`/v1/accounts/${name}/streams/k${round}/recordings`)
      list.push(performance.now() - startedAtMs)
    }
  judgement.takesAtMost(
    'timingDifferenceMs',
    Math.abs(percentile(times.theirs, 0.5) - percentile(times.nobodys, 0.5)),
    TIMING_LIMIT_MS,
  )
}

async function fetchIdOf(target: Gateway, account: string): Promise<string> {
  const ways = openWays({ url: target.url, caller: rightTenant.headers })
  const { text } = await ways.post({ query: `{stream(account:"${account}",key:"k"){id}}` })
  await ways.close()
  return text
}

/** What a subscription to each says. */
async function listEvents(target: Gateway, ...accounts: readonly string[]): Promise<string[]> {
  const socket = await introduceSocket({ url: target.url, caller: leftTenant.headers })
  const said = new Map<string, string[]>(accounts.map((account) => [account, []]))
  socket.on('message', (data) => {
    const { id = '', ...message } = readMessage(data)
    said.get(id)?.push(JSON.stringify(message))
  })
  for (const account of accounts)
    socket.send(
      JSON.stringify({
        id: account,
        type: 'subscribe',
        payload: { query: `subscription{snapshot(account:"${account}"){id}}` },
      }),
    )
  await delay(500)
  socket.terminate()
  return [...said.values()].map((messages) => messages.join())
}
