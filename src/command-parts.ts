// What the commands that work on snapshots need, put together beside gateways that may be running.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createRedisLink } from '#fleet/redis-link.ts'
import { systemClock } from '#model/clock.ts'
import { providers } from '#providers/index.ts'
import { createRedisBatchStore } from '#snapshot-store/redis-batch-store.ts'
import { createRedisSnapshotStore } from '#snapshot-store/redis-snapshot-store.ts'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import type { OpenStores, SnapshotCommandOptions } from './commands/snapshots.ts'
import type { Config } from './config.ts'
import { DataDirectoryError } from './data-directory.ts'
import { SNAPSHOT_FILE } from './snapshot-parts.ts'

/** How long Redis may take to be within reach. */
const PATIENCE_MS = 5000
/** How often it is looked for. */
const LOOK_EVERY_MS = 20

/** Opens the stores that the settings name. @throws DataDirectoryError when there is nothing yet */
export async function openCommandStores(config: Config): Promise<OpenStores> {
  return config.redis ? openSharedStores(config.redis) : openOwnStores(config.dataDirectory)
}

/** How kept answers of an account are read; nothing is asked of its provider. */
export function toFindReader(config: Config): SnapshotCommandOptions['findReader'] {
  return (name) => {
    const account = config.accounts.find((each) => each.name === name)
    const provider = providers.find(({ id }) => id === account?.provider)
    if (!account || !provider) return undefined
    const { credentials: _credentials, ...settings } = provider.settings.parse(account.settings)
    const nothing = () => Promise.reject(new Error('a command calls no provider'))
    return provider.connect(nothing, settings).readSnapshotBatch ?? undefined
  }
}

function openOwnStores(dataDirectory: string): OpenStores {
  const path = resolve(dataDirectory)
  const file = join(path, SNAPSHOT_FILE)
  if (!existsSync(file)) throw new DataDirectoryError(path, 'holds no snapshots: no gateway has used it', undefined)
  const database = openOwnDatabase(path, file)
  return {
    snapshots: createSqliteSnapshotStore(database),
    batches: createSqliteBatchStore(database),
    close: async () => database.close(),
  }
}

async function openSharedStores({ url, prefix }: NonNullable<Config['redis']>): Promise<OpenStores> {
  const silent = { info: () => undefined, warn: () => undefined }
  const link = createRedisLink({ url, prefix, clock: systemClock, log: silent })
  const giveUpAtMs = systemClock.monotonicMs() + PATIENCE_MS
  while (link.state().health !== 'up' && systemClock.monotonicMs() < giveUpAtMs) await systemClock.delay(LOOK_EVERY_MS)
  const shared = { link, prefix }
  return {
    snapshots: createRedisSnapshotStore(shared),
    // It takes no batch over.
    batches: createRedisBatchStore({ ...shared, member: 'command' }),
    close: () => link.close(),
  }
}

function openOwnDatabase(path: string, file: string): SnapshotDatabase {
  try {
    return openSnapshotDatabase(file, { migrates: false })
  } catch (error) {
    throw new DataDirectoryError(
      path,
      error instanceof Error ? `cannot be used: ${error.message}` : 'cannot be used',
      error,
    )
  }
}
