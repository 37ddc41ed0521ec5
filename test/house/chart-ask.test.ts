// The script that `helm test` runs, against a gateway.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chartFolder } from '#test/support/chart.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

const run = promisify(execFile)
const key = 'a-key-of-a-client'

/** What the script says of the gateway at the address. */
async function ask(address: string, withKey?: string): Promise<string> {
  const script = await readFile(join(chartFolder, 'files', 'ask.mjs'), 'utf8')
  const env = { PATH: process.env['PATH'], WEIR_URL: address, ...(withKey !== undefined && { WEIR_KEY: withKey }) }
  return (await run('node', ['--input-type=module', '--eval', script], { env })).stdout
}

describe('what helm test runs', () => {
  let gateway: Gateway
  beforeAll(async () => {
    const sha256 = createHash('sha256').update(key).digest('hex')
    gateway = await startGateway({ settings: { access: { keys: [{ name: 'test', sha256 }] } } })
  })
  afterAll(() => gateway.close())

  test('is content when its question is answered', async () => {
    expect(await ask(gateway.address, key)).toBe('/readyz: 200\n/graphql: 2 accounts\n')
  })

  test('is content without a key when one is asked for', async () => {
    expect(await ask(gateway.address)).toBe('/readyz: 200\n/graphql: wants a key, as it should\n')
  })

  test('fails with a wrong key, and where nobody answers', async () => {
    await expect(ask(gateway.address, 'another')).rejects.toThrow(/\/graphql answered 401 \(UNAUTHENTICATED\)/)
    await expect(ask('http://127.0.0.1:1', key)).rejects.toThrow(/fetch failed|bad port/)
  })
})
