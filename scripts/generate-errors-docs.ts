// docs/errors.md from the table of src/model/errors.ts.
import { errorTable } from '#model/errors.ts'

/** The text of docs/errors.md. */
export function generateErrorsDocs(): string {
  const rows = Object.entries(errorTable).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.retryable ? 'yes' : 'no'} | ${row.fault} | ${row.when} |`,
  )
  return `# Errors

<!-- Made from src/model/errors.ts by "npm run generate". Do not edit. -->

Both faces use one table. GraphQL puts the code into \`extensions.code\` of an error, REST into \`code\` of an
\`application/problem+json\` body; beside it stand \`retryable\` and, where they apply, \`retryAfterMs\`, \`account\`,
\`provider\`, \`providerCode\` and \`requestId\`. A status with a retry time carries \`Retry-After\`.

- **Status** is the one of the REST face. At \`/graphql\` most errors come inside an answer with status 200.
- **Retry** says whether the same question may succeed later without anybody changing anything.
- **Fault** says whose move it is: the caller's, the operator's, the provider's or the gateway's.

| Code | Status | Retry | Fault | When |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

No message ever holds a key, a signature, a signed address or an upstream body.
`
}
