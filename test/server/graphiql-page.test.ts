// GraphiQL as a person meets it: served by the gateway alone, under its policy, with examples that work.
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, launchChromium } from '#test/support/chromium.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  expect(existsSync('web/dist/graphiql/index.html'), 'the bundle is built by npm ci, or npm run build -w web').toBe(
    true,
  )
  gateway = await startGateway()
  browser = await launchChromium()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

/** Opens the page and notes what it asks of others and what it complains about. @param kept what its storage holds */
async function open(kept: Readonly<Record<string, string>> = {}) {
  const page = await browser.context.newPage()
  const foreign: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(gateway.address) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.addInitScript((entries) => {
    for (const [name, value] of entries) localStorage.setItem(name, value)
  }, Object.entries(kept))
  await page.goto(`${gateway.address}/graphiql`)
  await page.locator('.graphiql-query-editor .view-line').first().waitFor()
  return { page, foreign, complaints }
}

describe('GraphiQL', () => {
  it('runs the example of its first tab and shows the answer', async () => {
    const { page, foreign, complaints } = await open()
    await page.locator('.graphiql-execute-button').click()
    const answer = page.locator('.graphiql-response .view-lines')
    await expect.poll(() => answer.textContent(), { timeout: 15_000 }).toContain('liveStreams')
    await expect.poll(() => answer.textContent()).toContain('8888_room1')
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  it('watches by a WebSocket', async () => {
    // What a visitor has left in his tab.
    const query = 'subscription { snapshot(account: "none") { id } }'
    const tab = { id: '1', hash: null, title: 'Watch', query, variables: null, headers: null, response: null }
    const { page, foreign, complaints } = await open({
      'graphiql:query': query,
      'graphiql:tabState': JSON.stringify({ tabs: [tab], activeTabIndex: 0 }),
    })
    await page.locator('.graphiql-execute-button').click()
    const answer = page.locator('.graphiql-response .view-lines')
    await expect.poll(() => answer.textContent(), { timeout: 15_000 }).toContain('NOT_FOUND')
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  it('has examples for this installation, each of which answers without an error', async () => {
    const { tabs } = await gateway.getJson('/graphiql/examples.json')
    expect(tabs.map((tab: { title: string }) => tab.title)).toEqual([
      'Live streams',
      'Accounts',
      'Last hour of play',
      'Last hour of push',
      'Recordings and snapshots',
      'Push sessions',
    ])
    for (const tab of tabs) {
      const answer = await gateway.query(tab.query, JSON.parse(tab.variables))
      expect(answer.errors, tab.title).toBeUndefined()
    }
  })

  it('is served under a policy that lets nothing in from elsewhere', async () => {
    const response = await gateway.get('/graphiql/')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/https?:|unsafe-eval|\*/)
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)/)
  })

  it('shows the explorer and the history', async () => {
    const { page } = await open()
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click()
    await page.locator('.graphiql-explorer-root').first().waitFor()
    await page
      .getByRole('button', { name: /History/ })
      .first()
      .click()
    await page.locator('.graphiql-history').waitFor()
    await page.close()
  })
})
