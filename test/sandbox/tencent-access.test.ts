import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { NOW_MS, send, tencentUrl } from './provider-clients.ts'

let sandbox: Sandbox
let nowMs = NOW_MS

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => nowMs, quota: { limit: 1000, windowSeconds: 300 } })
})
afterAll(() => sandbox.close())

async function message(url: string): Promise<string> {
  const reply = await send(url)
  expect(reply.status).toBe(200)
  return JSON.parse(reply.text).message
}

const status = () => tencentUrl(sandbox, 'Live_Channel_GetStatus', { 'Param.s.channel_id': '8888_room1' })
const liveStat = () => tencentUrl(sandbox, 'Get_LiveStat')

test.each([
  ['1471850187', 'b17971b51ba0fe5916ddcd96692e9fb3'],
  ['1626839220', '5ee8ca6c28cbe415b40352969cdf8249'],
])("accepts the vendor's signature of %s up to that second and not after", async (t, sign) => {
  const url = `${sandbox.urls.tencentStatistics}?cmd=1250000000&interface=Get_LiveStat&t=${t}&sign=${sign}`
  nowMs = Number(t) * 1000
  expect(await message(url)).not.toMatch(/invalid|expired/)
  nowMs += 1
  expect(await message(url)).toBe('time expired')
  nowMs = NOW_MS
})

test('accepts the signature of another key that it was started with', async () => {
  const tencent = { appId: 1234, apiKey: '0123456789abcdef0123456789abcdef' }
  const other = await startSandbox({ credentials: { tencent }, now: () => 1453279831_000 })
  const query = 'interface=Get_LiveStat&t=1453279831&sign=2e99778a1394dac6eb22c5191f36dde5'
  expect(await message(`${other.urls.tencentStatistics}?cmd=1234&${query}`)).toBe('query data successfully')
  await other.close()
})

test('names a wrong signature, whatever is wrong with it', async () => {
  expect(await message(liveStat().replace(/sign=.*/, 'sign=0'))).toBe('sign invalid')
  expect(await message(liveStat().replace(/sign=.*/, (sign) => sign.toUpperCase().replace('SIGN', 'sign')))).toBe(
    'sign invalid',
  )
})

test('names the id parameter that was used when the id is wrong', async () => {
  expect(await message(liveStat().replace('cmd=1250000000', 'cmd=1'))).toBe('cmd is invalid')
  expect(await message(status().replace('appid=1250000000', 'appid=1'))).toBe('appid is invalid')
})

test('takes cmd and appid on either host, but not both at once', async () => {
  expect(await message(liveStat().replace('cmd=', 'appid='))).toBe('query data successfully')
  expect(await message(status().replace('appid=', 'cmd='))).toBe('return successfully!')
  expect(await message(`${liveStat()}&appid=1250000000`)).toBe('appid is invalid')
})

test.each(['cmd', 'interface', 't', 'sign'])('refuses a URL that gives %s twice or not at all', async (name) => {
  const part = new RegExp(`(?<=[?&])${name}=[^&]*`)
  const url = liveStat()
  expect(await message(`${url}&${part.exec(url)?.[0]}`)).toBe('cmd is invalid')
  expect(await message(url.replace(part, ''))).toBe('cmd is invalid')
})

test.each([
  ['Param.n.page_no', 'Param.n.page_no%20'],
  ['page_no=1', 'page_no=%091'],
  ['interface=', 'interface=%0A'],
])('calls white space in a URL an invalid cmd (%s as %s)', async (from, to) => {
  const url = tencentUrl(sandbox, 'Get_LiveStat', { 'Param.n.page_no': 1 })
  expect(await message(url.replace(from, to))).toBe('cmd is invalid')
})

test('answers a request line with a raw blank in it as a badly built URL', async () => {
  const { port } = new URL(sandbox.urls.tencentStatistics)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('GET /common_access?cmd =1 HTTP/1.1\r\nHost: x\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  expect(text).toContain('"message":"cmd is invalid"')
})

test('serves each interface on its own host only, by its exact name, and no write', async () => {
  const wrongHost = status().replace(sandbox.urls.tencentControl, sandbox.urls.tencentStatistics)
  expect(JSON.parse((await send(wrongHost)).text).ret).toBe(1204)
  for (const name of ['live_channel_getstatus', 'Live_Tape_Start', 'Live_Channel_SetStatus', '__proto__']) {
    const reply = JSON.parse((await send(status().replace('Live_Channel_GetStatus', name))).text)
    expect(reply.ret).toBe(1000)
  }
})

test('answers with plain HTTP errors to a wrong path, a missing Host, a skey cookie and a POST', async () => {
  expect((await send(liveStat().replace('common_access', 'else'))).status).toBe(404)
  expect((await send(liveStat(), { setHost: false })).status).toBe(404)
  expect((await send(liveStat(), { headers: { cookie: 'a=b; skey=1' } })).status).toBe(403)
  expect((await send(liveStat(), { headers: { cookie: 'a=skey' } })).status).toBe(200)
  expect((await send(liveStat(), { method: 'POST' })).status).toBe(405)
})

test('dates its answers by its own clock, so that a client can learn how far it is off', async () => {
  sandbox.setClockOffset(-600_000)
  const { headers } = await send(liveStat())
  sandbox.setClockOffset(0)
  expect(headers.date).toBe('Tue, 20 Jan 2026 08:41:33 GMT')
})

test('repeats ret and message under second names on the control host only', async () => {
  expect(JSON.parse((await send(status())).text)).toMatchObject({
    ret: 0,
    retcode: 0,
    message: 'return successfully!',
    errmsg: 'return successfully!',
  })
  expect(Object.keys(JSON.parse((await send(liveStat())).text))).toEqual(['ret', 'message', 'output'])
})
