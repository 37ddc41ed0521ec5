// helm/weir/dashboards/*.json: Grafana's form of what scripts/dashboards describes.
import { account } from './dashboards/account.ts'
import { client } from './dashboards/client.ts'
import type { Dashboard } from './dashboards/dashboard.ts'
import { toGrafana } from './dashboards/grafana.ts'
import { overview } from './dashboards/overview.ts'

const dashboards = { overview, account, client } as const satisfies Record<string, Dashboard>

/** The text of a dashboard's file. @param name of the file, without `.json` */
export function generateDashboard(name: keyof typeof dashboards): string {
  return toGrafana(dashboards[name])
}
