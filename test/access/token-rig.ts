// A gateway's door that believes the tokens of an issuer on a real socket.
import { type AccessSettings, createAuthenticator } from '#access/authenticator.ts'
import type { Caller } from '#model/caller.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type KeySetServer, type SigningKey, startKeySetServer } from '#test/support/token-issuer.ts'

const ISSUER = 'https://login.example.com/'
const AUDIENCE = 'weir'
export const TOLERANCE_SECONDS = 30
export const HOUR_SECONDS = 3600

const servers: KeySetServer[] = []

/** Starts a server of keys that `closeRigs` stops. */
export async function openServer(...keys: readonly SigningKey[]): Promise<KeySetServer> {
  const server = await startKeySetServer(...keys)
  servers.push(server)
  return server
}

/** Stops everything. After each test. */
export async function closeRigs(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()))
}

/** An issuer with those keys, and an authenticator that believes it. */
export async function openRig(
  keys: readonly SigningKey[],
  settings: Partial<Extract<AccessSettings, { mode: 'jwt' }>> = {},
) {
  const server = await openServer(...keys)
  const clock = new FakeClock()
  const authenticator = createAuthenticator(
    {
      mode: 'jwt',
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: server.url,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockToleranceSeconds: TOLERANCE_SECONDS,
      claims: { name: 'sub', role: 'weir_role', accounts: 'weir_accounts' },
      roles: { reader: 'reader', ops: 'ops' },
      ...settings,
    },
    { clock, failedKeysPerMinute: 10 },
  )
  const nowSeconds = Math.floor(clock.now() / 1000)
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'ann',
    exp: nowSeconds + HOUR_SECONDS,
    weir_role: 'reader',
    weir_accounts: ['a'],
  }
  const show = (token: string, address = '10.0.0.1'): Promise<Caller> =>
    authenticator.authenticate({ headers: { authorization: `Bearer ${token}` }, address })
  return { server, clock, authenticator, claims, nowSeconds, show }
}
