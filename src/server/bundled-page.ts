// A page of the gateway's own, served whole from the folder that `npm ci` builds. It holds no data: whoever looks at it
// needs no key.
import { access } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

/** Which page, and where. */
export interface BundledPageOptions {
  /** What people call it, for the log. */
  readonly name: string
  /** Where it is served, with a slash at its beginning and none at its end. */
  readonly path: string
  /** Folder of the bundle; absolute. */
  readonly bundle: string
  /** A content security policy in place of the server's own; left out, that one holds. */
  readonly policy?: string
}

/** Adds the page; one that has not been built is missed in the log, and the gateway does without. */
export const bundledPage: FastifyPluginAsync<BundledPageOptions> = async (app, { name, path, bundle, policy }) => {
  // With its question, which is all that comes after the path.
  app.get(path, { schema: { hide: true } }, ({ url }, reply) =>
    reply.redirect(`${path}/${url.slice(path.length)}`, 308),
  )
  if (!(await isThere(join(bundle, 'index.html')))) {
    app.log.warn(`the bundle of ${name} is missing: run npm ci, or npm run build -w web`)
    return
  }
  await app.register(fastifyStatic, {
    root: bundle,
    prefix: `${path}/`,
    decorateReply: false,
    cacheControl: false,
    // Most of a bundle is text: the build leaves packed files beside it.
    preCompressed: true,
    setHeaders: (reply, file) => {
      // Names of assets hold a digest of what is in them.
      const isAsset = relative(bundle, file).startsWith(`assets${sep}`)
      reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache')
      if (policy !== undefined) reply.header('content-security-policy', policy)
    },
  })
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
