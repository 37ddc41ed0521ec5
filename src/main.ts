// Where the process begins. It sees to it that what the process is loads fast; what it does stands in run.ts.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// What Node compiles is kept for the next start. Beside the packages, not in the folder for temporary files that it
// would take by itself: what lies there is run, and only who may change the code may put it there. Where nothing can be
// written everything is compiled at every start.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/weir'))

// Libraries check more where they are being worked with: graphql takes half as long again for every answer then.
process.env['NODE_ENV'] ??= 'production'

const { runCommandLine } = await import('./run.ts')
await runCommandLine()
