// `snapshots replay|quarantine|export`: work on what was popped, beside gateways that run. What was asked for goes to
// one stream, what there is to say about it to another.
import type { Writable } from 'node:stream'
import { FleetCommandError, LinkDownError } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import type { BatchStore } from '#snapshot-store/batch-store.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import type { SnapshotCommand } from '../config/command-line.ts'
import type { Config } from '../config.ts'
import { type Outcome, toNameList } from './outcome.ts'
import { exportSnapshots } from './snapshots-export.ts'
import {
  createOutput,
  createProgress,
  type Progress,
  type ProgressStream,
  ReaderLeftError,
} from './snapshots-output.ts'
import { forgetQuarantined, listQuarantine, writeBatchBody } from './snapshots-quarantine.ts'
import { type BatchReader, replaySnapshots } from './snapshots-replay.ts'

/** The stores of the gateways, opened beside them. */
export interface OpenStores {
  readonly snapshots: Pick<SnapshotStore, 'add' | 'list'>
  /** The shared one where there is one, else that of the data directory. */
  readonly batches: Pick<BatchStore, 'listKept' | 'findKept' | 'listQuarantined' | 'finish' | 'forget'>
  close(): Promise<void>
}

/** What the commands work with. */
export interface SnapshotCommandOptions {
  readonly command: SnapshotCommand
  readonly config: Pick<Config, 'sandbox' | 'accounts'>
  /** Opens the stores that the settings name; does not take hold of the data directory. @throws when it cannot */
  readonly openStores: () => Promise<OpenStores>
  /** How kept answers of an account are read; undefined where its provider has no queue. */
  readonly findReader: (account: string) => BatchReader | undefined
  /** What was asked for: standard output. It is not closed. */
  readonly out: Writable
  /** How far it has come: standard error. */
  readonly progress: ProgressStream
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** Does one of them. The text of its outcome belongs beside the progress, not into the output. */
export async function runSnapshotCommand(options: SnapshotCommandOptions): Promise<Outcome> {
  const accounts = chooseAccounts(options.config, options.command.accounts)
  if ('exitCode' in accounts) return accounts
  const progress = createProgress(options.progress, options.clock, nouns[options.command.name])
  let stores: OpenStores | undefined
  try {
    stores = await options.openStores()
    return await run(options, stores, accounts, progress)
  } catch (error) {
    const soFar = `${progress.count} ${nouns[options.command.name]} written`
    if (error instanceof ReaderLeftError) return { exitCode: 0, text: `${soFar}; nobody reads any further` }
    const trouble = toTrouble(error)
    if (trouble === undefined) throw error
    // Whether it was forgotten is not known when the answer has not come.
    return { exitCode: 1, text: options.command.name === 'forget-quarantined' ? trouble : `${trouble}: ${soFar}` }
  } finally {
    progress.end()
    await stores?.close()
  }
}

const nouns = {
  'replay-snapshots': 'batches',
  'list-quarantine': 'batches',
  'forget-quarantined': 'batches',
  'export-snapshots': 'snapshots',
} as const satisfies Record<SnapshotCommand['name'], string>

async function run(
  { command, findReader, out }: SnapshotCommandOptions,
  { snapshots, batches }: OpenStores,
  accounts: readonly string[],
  progress: Progress,
): Promise<Outcome> {
  const output = createOutput(out)
  if (command.name === 'export-snapshots') {
    await exportSnapshots({ ...command, snapshots, accounts, output, progress })
    return done(`${progress.count} snapshots`)
  }
  if (command.name === 'list-quarantine') {
    if (command.body === null) {
      await listQuarantine({ batches, accounts, output, progress })
      return done(`${progress.count} batches in quarantine`)
    }
    return writeBatchBody({ batches, accounts, output }, command.body)
  }
  if (command.name === 'forget-quarantined') return forgetQuarantined({ batches, accounts }, command.id)
  const readable = accounts.flatMap((name) => {
    const read = findReader(name)
    return read ? [{ name, read }] : []
  })
  const totals = await replaySnapshots({ batches, snapshots, accounts: readable, output, progress })
  return done(
    `read ${totals.batches} batches again: ${totals.rows} rows, ${totals.added} new snapshots, ` +
      `${totals.released} out of quarantine, ${totals.unreadable} still not to be read whole`,
  )
}

/** The accounts that are meant, or why there are none. */
function chooseAccounts(
  { sandbox, accounts }: SnapshotCommandOptions['config'],
  wanted: readonly string[],
): readonly string[] | Outcome {
  if (sandbox) return { exitCode: 1, text: 'there is no settings file, so it is not known where snapshots are kept' }
  const withQueue = accounts.filter(({ snapshots }) => snapshots !== null).map(({ name }) => name)
  const unknown = wanted.filter((name) => !withQueue.includes(name))
  if (unknown.length > 0) {
    const known = withQueue.length > 0 ? `there are ${toNameList(withQueue)}` : 'there is none'
    return { exitCode: 2, text: `no account with snapshots is called ${toNameList(unknown)}; ${known}` }
  }
  if (wanted.length > 0) return [...new Set(wanted)]
  const collecting = accounts.filter(({ snapshots }) => snapshots?.collect).map(({ name }) => name)
  if (collecting.length > 0) return collecting
  return { exitCode: 2, text: 'no account of the settings collects snapshots; name one with --account' }
}

function done(text: string): Outcome {
  return { exitCode: 0, text }
}

/** A failure of a store in words that hold no address and nothing of what is stored; undefined for any other. */
function toTrouble(error: unknown): string | undefined {
  if (error instanceof LinkDownError) return 'redis is out of reach'
  if (error instanceof FleetCommandError) return `redis refused with ${error.code}`
  if (error instanceof Error && 'errstr' in error) return `the snapshot file cannot be used (${String(error.errstr)})`
  return undefined
}
