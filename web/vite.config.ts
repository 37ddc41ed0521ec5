import { defineConfig } from 'vite'
import { packedFiles } from './packed-files.ts'

/**
 * One configuration for every page of this workspace. A page is a folder with an `index.html`; the build script
 * names the folder and its place in `dist/`, so a further page is one more `vite build` there and nothing here.
 */
export default defineConfig({
  // The gateway decides where a page is mounted, so its assets are named relative to it.
  base: './',
  worker: { format: 'es' },
  plugins: [packedFiles()],
  build: {
    emptyOutDir: true,
    // The content security policy lets scripts and workers come from files only.
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    // The editor is a few megabytes whatever we do, and loads from next door.
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      // Packing takes its time on a busy machine; who installs can do nothing about it.
      checks: { bundlerTimings: false },
      onLog(level, log, report) {
        // "use client" marks are for server rendering; a bundle for the browser drops them.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
})
