import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Fleet, FleetAccount } from '../rig/fleet.ts'
import {
  type CertificateFlaw,
  type HostileHost,
  type SecretHost,
  startBreakingHost,
  startSecretHost,
} from '../rig/hostile-host.ts'
import { type HostileNames, NAMES_VARIABLE } from '../rig/inside-protocol.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { toTookMs } from './mixed-load.ts'

const CALLS = 50
/** Accounts that share the calls of a class: so many failures on one would open its breaker, and hide the rest. */
const SHARES = 3
const DEADLINE_MS = 2000
const SLACK_MS = 600
/** How long the slow name takes to be found. */
const SLOW_NAME_MS = { quick: 4000, long: 10_000 }
/** In which the calls of a class are sent. */
const ASKING_MS = { quick: 1500, long: 5000 }
/** Accounts of a provider that is well, each asked once, so that each time its host is looked up by the system. */
const well = { usual: listWell('usual', 20), meanwhile: listWell('meanwhile', 40) }

const toNames = (slowMs: number): HostileNames => ({
  'unknown.faults.invalid': 'ENOTFOUND',
  'failing.faults.invalid': 'EAI_AGAIN',
  'slow.faults.invalid': slowMs,
})

/** What stands in the way of a class of calls, and the codes that may say so. */
interface Way {
  readonly name: string
  readonly address: string
  readonly codes: readonly string[]
}

const LOST = ['UPSTREAM_UNAVAILABLE']

/** R11: whatever breaks on the way to a provider is said in a code, in time, and never gone around. */
export const brokenWays: FaultCase = {
  name: 'R11',
  title: 'connections reset; certificates that are not to be believed; names that are not found',
  part: 'providers',
  isQuick: true,
  needsRedis: false,
  tells: ['failuresWithoutCode', 'slowestMs', 'withoutTls', 'readBehindBadTls', 'wellFailuresMeanwhile', 'wellP99Ms'],
  run: async (stage) => {
    const { judgement, onEnd } = stage
    const form = stage.isQuick ? 'quick' : 'long'
    const started = async <Host extends HostileHost>(starting: Promise<Host>): Promise<Host> => {
      const host = await starting
      onEnd(() => host.close())
      return host
    }
    const flaws: readonly CertificateFlaw[] = ['expired', 'otherHost', 'unknown']
    const secret = await Promise.all(flaws.map((flaw) => started(startSecretHost(flaw, '{}'))))
    const trusted = await started(startSecretHost('none', '{"code":"canary"}'))
    const [atConnect, afterHead, inBody] = await Promise.all([
      started(startBreakingHost('connect')),
      started(startBreakingHost('head')),
      started(startBreakingHost('body')),
    ])
    const ways: readonly Way[] = [
      { name: 'resetAtConnect', address: atConnect.url, codes: LOST },
      { name: 'resetAfterHead', address: afterHead.url, codes: [...LOST, 'UPSTREAM_RESPONSE'] },
      { name: 'resetInBody', address: inBody.url, codes: [...LOST, 'UPSTREAM_RESPONSE'] },
      ...secret.map(({ url }, index) => ({ name: `tls-${flaws[index]}`, address: url, codes: LOST })),
      { name: 'nameNowhere', address: 'http://nowhere.invalid', codes: [...LOST, 'UPSTREAM_TIMEOUT'] },
      { name: 'nameUnknown', address: 'http://unknown.faults.invalid', codes: LOST },
      { name: 'nameFailing', address: 'http://failing.faults.invalid', codes: LOST },
      { name: 'nameSlow', address: 'http://slow.faults.invalid', codes: ['UPSTREAM_TIMEOUT', ...LOST] },
    ]
    judgement.note('namesSpoiltBy', 'a preload that replaces the lookup; but for nowhere.invalid')
    const certificates = await writeCertificates(stage, [...secret.slice(0, 2), trusted])
    const fleet = await stage.startFleet({
      isEmbedded: true,
      accounts: [...ways.flatMap(toAccounts), toAccount('trusted', trusted.url), ...well.usual, ...well.meanwhile],
      environment: { [NAMES_VARIABLE]: JSON.stringify(toNames(SLOW_NAME_MS[form])), NODE_EXTRA_CA_CERTS: certificates },
      settings: { upstream: { deadlineMs: DEADLINE_MS } },
    })
    const asked = await askAll(stage, fleet, ways, ASKING_MS[form])
    judgeAnswers(stage, ways, asked)
    // That they were refused for their flaws shows only beside one that is believed.
    await new Questions(fleet.client).askFresh('trusted')
    judgement.atLeast('readBehindGoodTls', trusted.requests(), 1)
    judgement.equals('readBehindBadTls', sum(secret.map((host) => host.requests())), 0)
    judgement.equals('withoutTls', sum(secret.map((host) => host.plain())), 0)
  },
}

async function askAll(
  { judgement }: Stage,
  fleet: Fleet,
  ways: readonly Way[],
  askingMs: number,
): Promise<readonly AskedQuestion[]> {
  const questions = new Questions(fleet.client)
  const askInto = (answers: AskedQuestion[], account: string) => async () => {
    answers.push(await questions.askFresh(account))
  }
  const asked: AskedQuestion[] = []
  const usual: AskedQuestion[] = []
  const meanwhile: AskedQuestion[] = []
  const inTurn = (accounts: readonly FleetAccount[], answers: AskedQuestion[], forMs: number) => {
    const names = accounts.map(({ name }) => name).values()
    const send = async () => {
      const { value: account } = names.next()
      if (account !== undefined) await askInto(answers, account)()
    }
    return { ratePerSecond: (accounts.length * 1000) / forMs, send }
  }
  // A little longer each time: the last call is due at the very end.
  await runLoads([inTurn(well.usual, usual, 1000)], 1050)
  const ratePerSecond = (Math.ceil(CALLS / SHARES) * 1000) / askingMs
  const loads = ways.flatMap(toAccounts).map(({ name }) => ({ ratePerSecond, send: askInto(asked, name) }))
  await runLoads([inTurn(well.meanwhile, meanwhile, askingMs), ...loads], askingMs + 50)
  judgement.atLeast('wellCallsMeanwhile', meanwhile.length, well.meanwhile.length)
  judgement.equals('wellFailuresMeanwhile', meanwhile.filter(({ status }) => status !== 200).length, 0)
  const usualMs = percentile(usual.map(toTookMs), 0.99)
  judgement.note('wellUsualP99Ms', usualMs)
  judgement.takesAtMost('wellP99Ms', percentile(meanwhile.map(toTookMs), 0.99), Math.max(3 * usualMs, 250))
  return asked
}

function judgeAnswers({ judgement }: Stage, ways: readonly Way[], asked: readonly AskedQuestion[]): void {
  let without = 0
  for (const way of ways) {
    const answers = asked.filter(({ account }) => account.startsWith(`${way.name}-`))
    judgement.atLeast(`${way.name}Calls`, answers.length, CALLS)
    const told = [...Map.groupBy(answers, ({ status, code }) => `${status} ${code}`)]
    judgement.note(way.name, told.map(([text, { length }]) => `${length} × ${text}`).join(', '))
    without += answers.filter(({ status, code }) => status < 502 || status > 504 || !way.codes.includes(code)).length
  }
  judgement.equals('failuresWithoutCode', without, 0)
  judgement.takesAtMost('slowestMs', percentile(asked.map(toTookMs), 1), DEADLINE_MS + SLACK_MS)
}

function toAccounts({ name, address }: Way): FleetAccount[] {
  return Array.from({ length: SHARES }, (_, share) => toAccount(`${name}-${share}`, address))
}

function listWell(name: string, count: number): FleetAccount[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${name}${index}`,
    provider: 'chinanetcenter' as const,
    quota: { limit: 1000, windowSeconds: 5 },
    isLookedUp: true,
  }))
}

function toAccount(name: string, reports: string): FleetAccount {
  const quota = { limit: 1000, windowSeconds: 5 }
  return { name, provider: 'chinanetcenter', quota, settings: { endpoints: { reports } } }
}

/** Certificates that the gateway believes as it believes an authority's. */
async function writeCertificates({ onEnd }: Stage, hosts: readonly SecretHost[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-certificates-'))
  onEnd(() => rm(folder, { recursive: true }))
  const file = join(folder, 'believed.pem')
  await writeFile(file, hosts.map(({ certificate }) => certificate).join('\n'))
  return file
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
