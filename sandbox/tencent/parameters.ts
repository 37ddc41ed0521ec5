import { fromBeijingTime } from '../data/beijing-time.ts'
import type { TencentRole } from './envelope.ts'
import type { TencentQuery } from './query.ts'

/** What one parameter of an interface accepts. */
interface ParameterRule {
  type: 'number' | 'text' | 'time'
  required?: boolean
  /** Lowest number allowed; default 0. */
  least?: number
  /** Highest number allowed. */
  most?: number
  /** The only texts allowed. */
  oneOf?: readonly string[]
}

interface InterfaceRule {
  role: TencentRole
  parameters: Readonly<Record<string, ParameterRule>>
}

/** Checked parameters: numbers, `time` texts as UNIX seconds, texts as they are; absent ones are missing. */
export interface Parameters {
  /** By name without prefix (`page_no`). */
  numbers: Readonly<Record<string, number>>
  /** By name without prefix (`stream_id`). */
  texts: Readonly<Record<string, string>>
}

const PAGE = { type: 'number', least: 1 } as const

/** The six reads, each on its one host, with exactly the parameters of its published page. */
const INTERFACES: Readonly<Record<string, InterfaceRule>> = {
  Get_LiveStat: {
    role: 'statistics',
    parameters: {
      'Param.n.page_no': PAGE,
      'Param.n.page_size': { type: 'number', least: 1, most: 300 },
      'Param.s.stream_id': { type: 'text' },
      'Param.s.pull_domain': { type: 'text' },
    },
  },
  Get_LivePlayStatHistory: {
    role: 'statistics',
    parameters: {
      'Param.n.start_time': { type: 'number', required: true },
      'Param.n.end_time': { type: 'number', required: true },
      'Param.s.stream_id': { type: 'text' },
      'Param.s.domain': { type: 'text' },
    },
  },
  Get_LivePushStatHistory: {
    role: 'statistics',
    parameters: {
      'Param.n.start_time': { type: 'number', required: true },
      'Param.n.end_time': { type: 'number', required: true },
      'Param.s.stream_id': { type: 'text', required: true },
    },
  },
  Live_Queue_Get: {
    role: 'control',
    parameters: {
      'Param.n.bid': { type: 'number', required: true, least: 100, most: 100 },
      'Param.n.count': { type: 'number', least: 1, most: 100 },
    },
  },
  Live_Tape_GetFilelist: {
    role: 'control',
    parameters: {
      'Param.s.channel_id': { type: 'text', required: true },
      'Param.n.page_no': PAGE,
      'Param.n.page_size': { type: 'number', least: 1, most: 100 },
      'Param.s.sort_type': { type: 'text', oneOf: ['asc', 'desc'] },
      'Param.s.start_time': { type: 'time' },
      'Param.s.end_time': { type: 'time' },
    },
  },
  Live_Channel_GetStatus: {
    role: 'control',
    parameters: { 'Param.s.channel_id': { type: 'text', required: true } },
  },
}

const COMMON = new Set(['cmd', 'appid', 'interface', 't', 'sign'])

/** Whether a name is one of the reads that this host serves; case counts. */
export function isServed(role: TencentRole, name: string): boolean {
  return Object.hasOwn(INTERFACES, name) && INTERFACES[name]?.role === role
}

/** Checks a call's own parameters; a text says what is wrong with them. `name` must be served. */
export function checkParameters(name: string, query: TencentQuery): Parameters | string {
  const rules = INTERFACES[name]?.parameters ?? {}
  const numbers: Record<string, number> = {}
  const texts: Record<string, string> = {}
  const given = new Set<string>()
  for (const [parameter, value] of query.pairs) {
    if (COMMON.has(parameter)) continue
    const rule = Object.hasOwn(rules, parameter) ? rules[parameter] : undefined
    if (rule === undefined) return `unknown parameter ${parameter}`
    if (given.has(parameter)) return `${parameter} given twice`
    given.add(parameter)
    const short = parameter.slice('Param.n.'.length)
    const problem = rule.type === 'text' ? checkText(rule, value) : checkNumber(rule, value)
    if (typeof problem === 'string') return `${parameter} ${problem}`
    if (rule.type === 'text') texts[short] = value
    else numbers[short] = problem ?? 0
  }
  const missing = Object.keys(rules).find((parameter) => rules[parameter]?.required === true && !given.has(parameter))
  return missing === undefined ? { numbers, texts } : `${missing} is required`
}

function checkText(rule: ParameterRule, value: string): string | undefined {
  if (value === '') return 'is empty'
  if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) return `must be one of ${rule.oneOf.join(', ')}`
  return undefined
}

function checkNumber(rule: ParameterRule, value: string): number | string {
  if (rule.type === 'time') return fromBeijingTime(value) ?? 'must be YYYY-MM-DD HH:MM:SS'
  if (!/^\d{1,15}$/.test(value)) return 'must be a whole number'
  const number = Number(value)
  const least = rule.least ?? 0
  const most = rule.most ?? Number.MAX_SAFE_INTEGER
  return number < least || number > most ? `must be ${least}..${most}` : number
}
