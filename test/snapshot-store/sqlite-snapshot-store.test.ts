import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { describeBatchStore } from '#test/contract/batch-store-kit.ts'
import { describeSnapshotStore } from '#test/contract/snapshot-store-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

/** A file of its own, opened once at a time. */
function createFile() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'))
  let file: SnapshotDatabase | undefined
  return {
    open: () => {
      file = openSnapshotDatabase(join(folder, 'snapshots.sqlite'))
      return file
    },
    close: () => {
      if (file?.database.isOpen) file.close()
    },
    dispose: async () => {
      if (file?.database.isOpen) file.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

describeSnapshotStore('SQLite', async () => {
  const file = createFile()
  return {
    open: async () => ({ ...createSqliteSnapshotStore(file.open()), close: async () => file.close() }),
    dispose: file.dispose,
  }
})

describeBatchStore('SQLite', async () => {
  const file = createFile()
  return {
    open: async () => {
      const database = file.open()
      const journal = createSqlitePopJournal(database, { clock: new FakeClock() })
      return {
        store: createSqliteBatchStore(database),
        receive: async (batch) => void (await journal.keep(batch)),
        close: async () => file.close(),
      }
    },
    dispose: file.dispose,
  }
})
