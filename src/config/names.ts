// What a setting may be called, and how the schemas say what is allowed.
declare module 'zod' {
  interface GlobalMeta {
    /** What is allowed, in words, where the type alone does not say it. */
    allowed?: string
  }
}

/** Names of accounts and keys: they stand in addresses, logs and metrics. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** The same in words. */
export const allowedName = '1 to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit'
