// helm/weir/files/endpoints.json: where each provider is asked unless the settings say otherwise, for the chart's network
// policies. From the schemas of the providers' settings, so that a policy never shuts out what Weir asks.
import { z } from 'zod'
import { providers } from '#providers/index.ts'

const schemaShape = z.object({
  properties: z.object({
    endpoints: z.object({ properties: z.record(z.string(), z.object({ default: z.string() })) }),
  }),
})

/** The text of the file: provider, role of the host, address. */
export function generateChartEndpoints(): string {
  const endpoints = providers.map(({ id, settings }) => {
    const schema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' })
    const { properties } = schemaShape.parse(schema).properties.endpoints
    return [id, Object.fromEntries(Object.entries(properties).map(([role, address]) => [role, address.default]))]
  })
  return `${JSON.stringify(Object.fromEntries(endpoints), null, 2)}\n`
}
