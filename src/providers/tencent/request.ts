// The only six calls this adapter can name, all of them reads. The signature covers neither `interface` nor
// parameters and neighbouring names write, so both come from this table and from nowhere else.
import type { QueryParameter, RawAnswer, UpstreamRequest } from '#contract/upstream-call.ts'
import type { TencentRole, TencentSettings } from './settings.ts'

interface CallShape {
  /** The host that serves it. */
  readonly role: TencentRole
  /** Our name → theirs. The prefix (`n` number, `s` text) goes by the parameter: a stream id of digits is a text. */
  readonly parameters: Readonly<Record<string, `Param.${'n' | 's'}.${string}`>>
}

const calls = Object.freeze({
  Get_LiveStat: {
    role: 'statistics',
    parameters: {
      page: 'Param.n.page_no',
      size: 'Param.n.page_size',
      key: 'Param.s.stream_id',
      domain: 'Param.s.pull_domain',
    },
  },
  Get_LivePlayStatHistory: {
    role: 'statistics',
    parameters: {
      start: 'Param.n.start_time',
      end: 'Param.n.end_time',
      key: 'Param.s.stream_id',
      domain: 'Param.s.domain',
    },
  },
  Get_LivePushStatHistory: {
    role: 'statistics',
    parameters: { start: 'Param.n.start_time', end: 'Param.n.end_time', key: 'Param.s.stream_id' },
  },
  Live_Queue_Get: { role: 'control', parameters: { queue: 'Param.n.bid', count: 'Param.n.count' } },
  Live_Tape_GetFilelist: {
    role: 'control',
    parameters: {
      key: 'Param.s.channel_id',
      page: 'Param.n.page_no',
      size: 'Param.n.page_size',
      sort: 'Param.s.sort_type',
    },
  },
  Live_Channel_GetStatus: { role: 'control', parameters: { key: 'Param.s.channel_id' } },
} as const satisfies Record<string, CallShape>)

type CallName = keyof typeof calls

/** Names of all calls. */
export const operations: readonly string[] = Object.keys(calls)

/** Values by our names of the parameters; null leaves one out. */
type CallValues<Name extends CallName> = Readonly<
  Record<keyof (typeof calls)[Name]['parameters'] & string, string | number | null>
>

/** Builds a call, unsigned. @param read makes the answer, given the role of the host that sent it */
export function buildRequest<Name extends CallName, Answer>(
  { idParameters }: TencentSettings,
  name: Name,
  values: CallValues<Name>,
  read: (role: TencentRole, raw: RawAnswer) => Answer,
): UpstreamRequest<Answer> {
  const { role, parameters }: CallShape = calls[name]
  const given = new Map<string, string | number | null>(Object.entries(values))
  const query = Object.entries(parameters).flatMap(([field, parameter]): readonly QueryParameter[] => {
    const value = given.get(field) ?? null
    return value === null ? [] : [[parameter, String(value)]]
  })
  return {
    endpoint: role,
    operation: name,
    method: 'GET',
    query: [['interface', name], ...query],
    idParameter: idParameters[role],
    read: (raw) => read(role, raw),
  }
}
