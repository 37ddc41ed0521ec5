// Screenshots.
import type { SnapshotResolvers } from '../generated.ts'
import { toInt } from './count.ts'

export const Snapshot = {
  stream: ({ account, key }, _arguments, { services, ask }) => services.getStream({ account, key }, ask),
  width: ({ width }) => toInt('width', width),
  height: ({ height }) => toInt('height', height),
} satisfies SnapshotResolvers
