// S14: everything that could make the gateway connect to a host that stands nowhere in its settings.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { toAnswer } from '../../../test/support/hostile-upstream.ts'
import type { Gateway } from './gateway.ts'
import { sendRaw, toLines, toRequest } from './raw-http.ts'
import { checkSettings } from './settings-check.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const PICTURES_LIMIT_MS = 6000

/** S14. */
export async function attackOtherHosts({ target, judgement, onEnd }: Attack<Gateway>): Promise<void> {
  const trap = await setTrap()
  onEnd(trap.close)
  const addresses = listAddresses(trap.port)
  const ways = openWays(target, { isPatient: true })
  let asked = 0
  const ask = async (account = 'hostile') => {
    asked += 1
    const key = account === 'hostile' ? `outside${asked}` : `push.example.com/live/outside${asked}`
    const field = account === 'hostile' ? 'state' : `pushSessions(from:"${from}",to:"${to}"){stale}`
    return ways.post({
      query: `query($key:String!){stream(account:"${account}",key:$key){${field}}}`,
      variables: { key },
    })
  }
  const to = new Date().toISOString()
  const from = new Date(Date.now() - 3_600_000).toISOString()

  let followed = 0
  for (const address of addresses) {
    for (const status of ['301 Moved', '302 Found', '303 Other', '307 Temporary', '308 Permanent'])
      for (const account of ['hostile', 'hostile-reports']) {
        target.hostile.behave((socket) => socket.write(toAnswer('', [`Location: ${address}`], status)))
        if ((await ask(account)).codes.length === 0) followed += 1
      }
    // What a browser would follow; and an answer that would be good if it were fetched.
    const headers = [
      `Location: ${address}`,
      `Refresh: 0; url=${address}`,
      `Alt-Svc: h2="${address}"`,
      `Link: <${address}>; rel=preload`,
    ]
    const body = JSON.stringify({
      ret: 0,
      output: [{ status: 1, recv_type: 1, rate_type: 0, url: address, callback: address }],
    })
    target.hostile.behave((socket) => socket.write(toAnswer(body, headers)))
    await ask()
  }
  target.hostile.behave((socket) => socket.write(toAnswer('{}')))
  await askByCaller(target, addresses)
  const listed = await collectPictures(target, addresses)
  await ways.close()

  const { connectedTo } = await target.inspect()
  const strange = connectedTo.filter((place) => !target.places.includes(place))
  judgement.note('addresses', addresses.length)
  // Without these the eyes inside would see nothing at all.
  judgement.equals(
    'connectedAsSet',
    target.places.some((place) => connectedTo.includes(place)),
    true,
  )
  judgement.equals('picturesListed', listed, addresses.length)
  judgement.equals('redirectsTakenForAnswers', followed, 0)
  judgement.equals('connectionsToTheTrap', trap.count(), 0)
  judgement.equals('connectedElsewhere', strange.join(', ') || 'nowhere', 'nowhere')
  await judgeSettings({ target, judgement })
}

/** Addresses inside, in every spelling. */
function listAddresses(port: number): readonly string[] {
  const hosts = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:7f00:1]',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '0.0.0.0',
    'user:secret@127.0.0.1',
  ]
  return [
    ...hosts.map((host) => `http://${host}:${port}/latest/meta-data/`),
    'http://169.254.169.254/latest/meta-data/',
    `//127.0.0.1:${port}/x`,
    'file:///etc/passwd',
  ]
}

/** What a caller can name a host in. */
async function askByCaller(target: Gateway, addresses: readonly string[]): Promise<void> {
  const caller = toLines(target.caller)
  for (const address of addresses) {
    const host = /^(?:http:)?\/\/([^/]+)/.exec(address)?.[1] ?? 'x'
    const forged = [
      ...caller,
      `X-Forwarded-Host: ${host}`,
      `X-Forwarded-For: ${host}`,
      `Forwarded: host=${host}`,
      `X-Original-URL: ${address}`,
      `Referer: ${address}`,
    ]
    const encoded = encodeURIComponent(address)
    for (const line of [
      `GET ${address.startsWith('http') ? address : '/'}`,
      `GET /v1/accounts/${encoded}/snapshots`,
      `GET /v1/accounts/left/streams/${encoded}/recordings`,
      `GET /v1/streams/${encoded}`,
      `GET /v1/accounts/left/play-samples?domain=${encoded}&from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z`,
    ])
      await sendRaw(target, toRequest(line, forged))
  }
}

/** Pictures that lie inside are listed like any other, and fetched by nobody. */
async function collectPictures(target: Gateway, addresses: readonly string[]): Promise<number> {
  const second = Math.floor(Date.now() / 1000)
  target.sandbox.pushSnapshot(
    ...addresses.map((address, index) => ({
      stream_id: `outside-picture-${index}`,
      pic_url: address,
      pic_full_url: address,
      create_time: second,
    })),
  )
  const giveUpAtMs = performance.now() + PICTURES_LIMIT_MS
  for (;;) {
    const answer = await fetch(`${target.url}/v1/accounts/left/snapshots?first=300`, { headers: target.caller })
    const listed = (await answer.text()).split('"key":"outside-picture-').length - 1
    if (listed >= addresses.length || performance.now() > giveUpAtMs) return listed
    await delay(50)
  }
}

/** Settings that hold credentials in an address are refused, and the refusal does not repeat them. */
async function judgeSettings({ target, judgement }: Pick<Attack<Gateway>, 'target' | 'judgement'>): Promise<void> {
  const canary = 'canary7c1f'
  const bad = [
    `http://user:${canary}@127.0.0.1/common_access`,
    `http://${canary}@127.0.0.1/common_access`,
    `http://127.0.0.1/common_access?key=${canary}`,
    `http://127.0.0.1/common_access#${canary}`,
    `ftp://127.0.0.1/${canary}`,
    `file:///${canary}`,
  ]
  const accounts = bad.map((address, index) => ({
    name: `bad${index}`,
    provider: 'tencent',
    credentials: { appId: 1, apiKey: 'k'.repeat(32) },
    endpoints: { statistics: address, control: address },
  }))
  const file = join(target.folder, 'bad-addresses.json')
  await writeFile(file, JSON.stringify({ accounts }))
  const { code, text } = await checkSettings(file, target.folder)
  judgement.equals('badSettingsStatus', code, 1)
  const named = bad.filter((_, index) =>
    ['statistics', 'control'].every((role) => text.includes(`accounts[${index}].endpoints.${role}`)),
  )
  judgement.equals('badAddressesNamed', named.length, bad.length)
  judgement.equals('repeatsCredentials', text.includes(canary), false)
}

/** Listens where nobody has any business, and counts who comes. */
async function setTrap() {
  let count = 0
  const server = createServer((socket) => {
    count += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '::', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    count: () => count,
    close: async () => {
      server.close()
    },
  }
}
