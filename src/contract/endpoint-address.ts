// The base address of a provider, as it may stand in the settings.
import { z } from 'zod'

/**
 * Schema of an endpoint's address: scheme http or https, host, port and path.
 * User information, query and fragment are refused: they would travel with every call, or into messages.
 */
export function endpointAddress(description: string, standard: string): z.ZodDefault<z.ZodURL> {
  return z
    .url({ protocol: /^https?$/ })
    .refine(isBare, 'holds more than scheme, host, port and path')
    .default(standard)
    .describe(description)
}

function isBare(address: string): boolean {
  if (!URL.canParse(address)) return true // Reported already, as no address at all.
  const { username, password } = new URL(address)
  return username === '' && password === '' && !/[?#]/.test(address)
}
