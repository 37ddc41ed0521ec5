// Screenshots.
import type { SnapshotResolvers } from '../generated.ts'
import { toInt } from './count.ts'

export const Snapshot = {
  width: ({ width }) => toInt('width', width),
  height: ({ height }) => toInt('height', height),
} satisfies SnapshotResolvers
