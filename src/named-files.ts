// The files that the settings name and the gateway cannot do without: looked at before anything is opened, and by
// whoever only checks the settings.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RegisteredFolder, readRegisteredOperations } from '#graphql/registered-operations.ts'
import type { Config } from './config.ts'
import { TlsFiles } from './server/tls-files.ts'

/** What stands in them. */
export interface NamedFiles {
  /** Text of schema.graphql, Weir's own. */
  readonly schema: string
  /** Undefined where no folder is named. */
  readonly registered: RegisteredFolder | undefined
  /** Null: plain http. */
  readonly tls: TlsFiles | null
}

/** Reads them. @throws TlsFilesError and RegisteredOperationsError for files that cannot be used */
export async function readNamedFiles({ server, queries }: Pick<Config, 'server' | 'queries'>): Promise<NamedFiles> {
  const schema = await readFile(join(import.meta.dirname, '../schema.graphql'), 'utf8')
  const { directory } = queries.persisted
  return {
    schema,
    registered: directory === null ? undefined : await readRegisteredOperations(directory, { schema, limits: queries }),
    tls: server.tls && new TlsFiles(server.tls),
  }
}
