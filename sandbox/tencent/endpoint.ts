import type { Answer, CallIdentity, Endpoint, Failure, RequestHead } from '../answer.ts'
import type { TencentCredentials } from '../options.ts'
import type { Admission } from '../rolling-quota.ts'
import { refuseAccess } from './access.ts'
import type { TencentAccount } from './account.ts'
import { CONTROL_INVALID_PARAMETER, getQueue, getRecordings, getStatus } from './control.ts'
import { ACCESS_RET, type TencentRole, toAnswer, toRefusal } from './envelope.ts'
import { checkParameters, isServed, type Parameters } from './parameters.ts'
import { readQuery } from './query.ts'
import { getLivePlayStatHistory, getLivePushStatHistory, getLiveStat } from './statistics.ts'

type Call = (account: TencentAccount, parameters: Parameters) => Answer

const CALLS: Readonly<Record<string, Call>> = {
  Get_LiveStat: getLiveStat,
  Get_LivePlayStatHistory: getLivePlayStatHistory,
  Get_LivePushStatHistory: getLivePushStatHistory,
  Live_Queue_Get: getQueue,
  Live_Tape_GetFilelist: getRecordings,
  Live_Channel_GetStatus: getStatus,
}

const THROTTLED = 1202
const THROTTLED_TEXT = 'invalid request/request frequency exceeds limit'
const INVALID_PARAMETER = { statistics: 1204, control: CONTROL_INVALID_PARAMETER }

/** One of Tencent's two `common_access` hosts. Knows the protocol, no sockets. */
export class TencentEndpoint implements Endpoint {
  readonly provider = 'tencent'
  readonly role: TencentRole
  readonly #account: TencentAccount
  readonly #credentials: TencentCredentials
  readonly #nowMs: () => number

  /** @param nowMs - the provider's clock, epoch milliseconds */
  constructor(role: TencentRole, account: TencentAccount, credentials: TencentCredentials, nowMs: () => number) {
    this.role = role
    this.#account = account
    this.#credentials = credentials
    this.#nowMs = nowMs
  }

  identify(head: RequestHead): CallIdentity {
    const parameters = Object.fromEntries(readQuery(head.target).pairs) as Record<string, string>
    const account = parameters['cmd'] ?? parameters['appid'] ?? ''
    return {
      account,
      isKnownAccount: account === String(this.#credentials.appId),
      interface: parameters['interface'] ?? '',
      stream: parameters['Param.s.stream_id'] ?? parameters['Param.s.channel_id'],
      parameters,
    }
  }

  answer(head: RequestHead, _body: string, admission: Admission): Answer {
    const query = readQuery(head.target)
    const refusal = refuseAccess(this.role, head, query, this.#credentials, this.#nowMs())
    if (refusal !== undefined) return refusal
    if (!admission.admitted) return this.throttle({})
    const name = new Map(query.pairs).get('interface') ?? ''
    const call = CALLS[name]
    if (!isServed(this.role, name) || call === undefined) return this.#invalid(`no interface ${name} here`)
    const parameters = checkParameters(name, query)
    return typeof parameters === 'string' ? this.#invalid(parameters) : call(this.#account, parameters)
  }

  throttle(failure: Failure): Answer {
    return { ...this.fail({ code: THROTTLED, message: THROTTLED_TEXT, ...failure }), verdict: 'throttled' }
  }

  fail({ status, code, message, retryAfter }: Failure): Answer {
    const fallback = this.role === 'statistics' ? 1201 : 3000
    const answer = toAnswer(this.role, code ?? fallback, message ?? 'internal/system error')
    const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }
    return { ...answer, status: status ?? 200, headers, verdict: 'refused' }
  }

  unreadable(): Answer {
    return toRefusal(this.role, ACCESS_RET, this.role === 'control' ? 'appid is invalid' : 'cmd is invalid')
  }

  #invalid(text: string): Answer {
    return toRefusal(this.role, INVALID_PARAMETER[this.role], `invalid input param: ${text}`)
  }
}
