// The provider's process: the sandbox, with no streams but those that the rig starts, which are pushed without a pause.
// The rig asks its control port; it ends when the rig does.
import { startSandbox } from '../../sandbox/sandbox.ts'

/** More than any part of the bench calls: what is measured is how many calls there are, not what refuses them. */
const QUOTA = { limit: 100_000, windowSeconds: 300 }

const sandbox = await startSandbox({ streams: 0, snapshotStreams: 0, quota: QUOTA })
process.on('disconnect', () => process.exit(0))
process.send?.({ urls: sandbox.urls, credentials: sandbox.credentials.tencent, quota: QUOTA })
