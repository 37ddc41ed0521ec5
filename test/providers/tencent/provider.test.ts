import { tencent } from '#providers/tencent/provider.ts'
import { describeProvider } from '#test/contract/provider-kit.ts'
import { readFixture } from './connect.ts'

const fixtures = new Map([
  ['Get_LiveStat', 'live-stat'],
  ['Get_LivePlayStatHistory', 'play-history'],
  ['Get_LivePushStatHistory', 'push-history'],
  ['Live_Queue_Get', 'queue'],
  ['Live_Tape_GetFilelist', 'recordings'],
  ['Live_Channel_GetStatus', 'status'],
])

describeProvider({
  provider: tencent,
  settings: { credentials: { appId: 1_250_000_000, apiKey: 'kit-secret' }, recordings: { vodBizId: '200000000' } },
  secret: 'kit-secret',
  operations: {
    statistics: ['Get_LiveStat', 'Get_LivePlayStatHistory', 'Get_LivePushStatHistory'],
    control: ['Live_Queue_Get', 'Live_Tape_GetFilelist', 'Live_Channel_GetStatus'],
  },
  toKey: (name) => name,
  answer: ({ operation }) => readFixture(fixtures.get(operation) ?? 'none'),
  findKeys: ({ query = [] }) => query.map(([, value]) => value),
})
