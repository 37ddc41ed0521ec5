// The snapshot stores by themselves: how fast they take batches in and list pages, and what room they need.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createRedisSnapshotStore } from '#snapshot-store/redis-snapshot-store.ts'
import { openSnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { openLink } from '#test/support/open-link.ts'
import { startRedis } from '#test/support/redis-server.ts'
import { measureStore, type SizeFigures, toGrowthTable, toSizes, toSizeTable } from './snapshot-figures.ts'

const PREFIX = 'bench-snapshots'

/** Measures both stores. @param folder for files  @param largest most snapshots, ≥ 10 000  @returns the tables */
export async function measureSnapshots(folder: string, largest: number): Promise<string> {
  const sizes = toSizes(largest)
  const figures = [...(await measureSqlite(folder, sizes)), ...(await measureRedis(sizes))]
  return `${toSizeTable(figures)}\n\n${toGrowthTable(figures)}`
}

async function measureSqlite(folder: string, sizes: readonly number[]): Promise<readonly SizeFigures[]> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'snapshots.sqlite')
  const opened = openSnapshotDatabase(file)
  const store = createSqliteSnapshotStore(opened)
  try {
    return await measureStore(
      {
        name: 'SQLite',
        store,
        sizeBytes: async () => {
          // What is still in the log is about to be in the file.
          opened.database.exec('pragma wal_checkpoint(truncate)')
          return (await stat(file)).size
        },
      },
      sizes,
    )
  } finally {
    await store.close()
    opened.close()
  }
}

/** A server of its own, which writes down all that it is told, as one that keeps the only copy must. */
async function measureRedis(sizes: readonly number[]): Promise<readonly SizeFigures[]> {
  const redis = await startRedis({ settings: ['appendonly yes', 'appendfsync everysec'] })
  const link = await openLink(redis.url, PREFIX)
  const store = createRedisSnapshotStore({ link, prefix: PREFIX })
  try {
    return await measureStore(
      {
        name: 'Redis',
        store,
        sizeBytes: async () => {
          const info = String(await redis.command('INFO', 'memory'))
          return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? Number.NaN)
        },
      },
      sizes,
    )
  } finally {
    await store.close()
    await link.close()
    await redis.close()
  }
}
