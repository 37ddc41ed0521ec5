// S10: sockets of people who may not: without a token, with a false one, one that has run out or runs out meanwhile, one
// for something else, and from the page of another site.
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type WebSocket from 'ws'
import { leftTenant } from './clients.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { closedWith, connectSocket, introduceSocket, readMessage } from './operation-socket.ts'
import type { Attack } from './target.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'weir'
const REFUSED = [4401, 4403]
const NOTICED_LIMIT_MS = 30_000
const LIVES_SECONDS = 3

/** S10. The gateway of the case goes by keys; one that goes by tokens is started beside it. */
export async function attackWithoutToken({ target, judgement, onEnd }: Attack<Gateway>): Promise<void> {
  const issuer = await startIssuer()
  onEnd(issuer.close)
  const byToken = await startGateway({
    settings: {
      access: {
        mode: 'jwt',
        jwt: { issuer: ISSUER, audience: AUDIENCE, jwksUrl: issuer.jwksUrl, clockToleranceSeconds: 0 },
      },
    },
  })
  onEnd(byToken.close)
  const expired = { exp: seconds() - 60, iat: seconds() - 3600 }
  const attempts: readonly (readonly [string, Gateway, object])[] = [
    ['no key', target, {}],
    ['a wrong key', target, { apiKey: 'no-such-key' }],
    ['a key that is no text', target, { apiKey: { $ne: '' } }],
    ['no token', byToken, {}],
    ['no token, but a key', byToken, { apiKey: 'x' }],
    ['an unsigned token', byToken, bearer(unsigned(issuer.claims))],
    ['an expired token', byToken, bearer(await issuer.sign(expired))],
    ["another issuer's token", byToken, bearer(await issuer.sign({ iss: 'https://evil.example' }))],
    ["another audience's token", byToken, bearer(await issuer.sign({ aud: 'others' }))],
    ['a token of another key', byToken, bearer(await issuer.forge())],
    ['a token that is signed with the public key', byToken, bearer(await issuer.confuse())],
    ['a token without a role', byToken, bearer(await issuer.sign({ weir_role: undefined }))],
    ['a token from the future', byToken, bearer(await issuer.sign({ nbf: seconds() + 3600 }))],
  ]
  const letIn: string[] = []
  let events = 0
  for (const [what, gateway, payload] of attempts) {
    const socket = connectSocket({ url: gateway.url, caller: {} })
    socket.on('message', () => {
      events += 1
    })
    socket.once('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload }))
      socket.send(
        JSON.stringify({
          id: '1',
          type: 'subscribe',
          payload: { query: 'subscription{snapshot(account:"left"){id}}' },
        }),
      )
    })
    const code = await closedWith(socket, 5000)
    if (!REFUSED.includes(code)) letIn.push(`${what}: ${code}`)
    socket.terminate()
  }
  judgement.equals('letIn', letIn.join(', ') || 'nobody', 'nobody')
  judgement.equals('messagesBeforeTheEnd', events, 0)
  await judgeOthersAccount({ gateway: byToken, judgement, token: await issuer.sign({}) })
  await judgeOrigins({ gateway: target, judgement })
  await judgeExpiry({ gateway: byToken, judgement, token: await issuer.sign({ exp: seconds() + LIVES_SECONDS }) })
}

interface Part {
  readonly gateway: Gateway
  readonly judgement: Attack['judgement']
}

/** A good token says nothing about somebody else's account, not even that it is there. */
async function judgeOthersAccount({ gateway, judgement, token }: Part & { readonly token: string }): Promise<void> {
  const socket = await introduceSocket({ url: gateway.url, caller: {} }, bearer(token))
  const answers: string[] = []
  socket.on('message', (data) => answers.push(JSON.stringify(readMessage(data))))
  for (const account of ['right', 'nobody'])
    socket.send(
      JSON.stringify({
        id: account,
        type: 'subscribe',
        payload: { query: `subscription{snapshot(account:"${account}"){id}}` },
      }),
    )
  gateway.sandbox.pushSnapshot({ stream_id: 'right-only', pic_full_url: 'https://pictures.example.com/1.jpg' })
  await delay(1500)
  socket.terminate()
  const [others, nobodys] = ['right', 'nobody'].map((account) =>
    answers
      .filter((text) => text.includes(`"id":"${account}"`))
      .join()
      .replaceAll(account, '*')
      .replace(/"requestId":"[^"]*"/g, ''),
  )
  judgement.equals('othersAccountLooksAbsent', others !== '' && others === nobodys, true)
  judgement.equals(
    'othersEvents',
    answers.filter((text) => text.includes('"next"') && !text.includes('NOT_FOUND')).length,
    0,
  )
}

/** A page of another site cannot open a socket with the standing of whoever looks at it. */
async function judgeOrigins({ gateway, judgement }: Part): Promise<void> {
  const letIn: string[] = []
  for (const origin of [
    'https://evil.example',
    'null',
    `http://127.0.0.1.evil.example:${gateway.port}`,
    'http://127.0.0.1:1',
  ]) {
    const socket = connectSocket({ url: gateway.url, caller: leftTenant.headers }, { headers: { origin } })
    let isAcknowledged = false
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init' })))
    socket.once('message', () => {
      isAcknowledged = true
    })
    const code = await closedWith(socket, 3000)
    if (isAcknowledged || (!REFUSED.includes(code) && code !== 1006)) letIn.push(`${origin}: ${code}`)
    socket.terminate()
  }
  judgement.equals('foreignOriginsLetIn', letIn.join(', ') || 'none', 'none')
  const own = await introduceSocket(
    { url: gateway.url, caller: leftTenant.headers },
    {},
    { headers: { origin: gateway.url } },
  )
  judgement.equals('ownOriginIsLetIn', own.readyState, own.OPEN)
  own.terminate()
}

/** A token that runs out takes its socket along. */
async function judgeExpiry({ gateway, judgement, token }: Part & { readonly token: string }): Promise<void> {
  const socket: WebSocket = await introduceSocket({ url: gateway.url, caller: {} }, bearer(token))
  socket.send(
    JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription{snapshot(account:"left"){id}}' } }),
  )
  const startedAtMs = performance.now()
  const code = await closedWith(socket, NOTICED_LIMIT_MS + LIVES_SECONDS * 1000)
  judgement.equals('expiredClosedWith', REFUSED.includes(code), true)
  judgement.atMost('expiryNoticedAfterMs', performance.now() - startedAtMs - LIVES_SECONDS * 1000, NOTICED_LIMIT_MS)
}

/** Gives out tokens that are good but for what a case changes, and serves the keys to check them by. */
async function startIssuer() {
  const good = await generateKeyPair('RS256', { extractable: true })
  const other = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(good.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const claims: JWTPayload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'somebody',
    weir_role: 'reader',
    weir_accounts: ['left'],
    iat: seconds(),
    exp: seconds() + 3600,
  }
  const prepare = (changes: JWTPayload) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'RS256', kid: 'one' })
  return {
    claims,
    jwksUrl: `http://127.0.0.1:${address.port}/jwks`,
    sign: (changes: JWTPayload) => prepare(changes).sign(good.privateKey),
    forge: () => prepare({}).sign(other.privateKey),
    confuse: () =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(new TextEncoder().encode(JSON.stringify(key))),
    close: async () => {
      server.close()
    },
  }
}

function unsigned(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'none', kid: 'one' })}.${encode(claims)}.`
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
