// Leaves packed copies beside the files of a bundle, so that the gateway can send those and packs nothing itself.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** The best two take several times as long, and every install waits for them. */
const BROTLI_QUALITY = 9

const packed = {
  // Browsers take this one by TLS and on their own machine only; over plain http from elsewhere they want the other.
  '.br': (bytes: Uint8Array) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  '.gz': (bytes: Uint8Array) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
}

/** What is smaller fits the same few packets either way, in bytes. */
const MIN_BYTES = 1_000
/** Licences are for reading in the folder: no page loads them. */
const textFiles = /\.(?:html|js|css|svg|json|ttf)$/

/** Packs each text of a bundle of 1 kB or more, as `<name>.br` and `<name>.gz`; the same bytes in every build. */
export function packedFiles(): Plugin {
  return {
    name: 'packed-files',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const files = Object.values(bundle).map((file) => ({
        path: join(dir, file.fileName),
        bytes: Buffer.from(file.type === 'chunk' ? file.code : file.source),
      }))
      const texts = files.filter(({ path, bytes }) => textFiles.test(path) && bytes.length >= MIN_BYTES)
      await Promise.all(
        texts.flatMap(({ path, bytes }) =>
          Object.entries(packed).map(async ([ending, pack]) => writeFile(path + ending, await pack(bytes))),
        ),
      )
    },
  }
}
