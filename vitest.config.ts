import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Vite would take graphql's `module` build beside the one Node gives mercurius, and two graphqls do not know each
  // other's errors.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Many tests wait for a real Redis rather than work: one for each core, and none left over for the main process.
    maxWorkers: Math.max(2, availableParallelism()),
  },
})
