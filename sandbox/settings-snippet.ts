import type { Sandbox } from './handle.ts'

/** The `accounts` part of a Weir settings file (YAML) that points at a sandbox. */
export function toSettings({ urls, credentials }: Pick<Sandbox, 'urls' | 'credentials'>): string {
  const { tencent, chinanetcenter } = credentials
  // JSON texts are YAML texts, whatever they hold.
  const quote = (text: string) => JSON.stringify(text)
  return `accounts:
  - name: tencent-main
    provider: tencent
    credentials: { appId: ${tencent.appId}, apiKey: ${quote(tencent.apiKey)} }
    endpoints:
      statistics: ${urls.tencentStatistics}
      control: ${urls.tencentControl}
    snapshots: { collect: true, pollSeconds: 10, bucket: shots, cosAppId: "${tencent.appId}" }
  - name: cnc-main
    provider: chinanetcenter
    credentials: { username: ${quote(chinanetcenter.username)}, apiKey: ${quote(chinanetcenter.apiKey)} }
    endpoints: { reports: ${urls.chinanetcenter} }
`
}
