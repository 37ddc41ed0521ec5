// A dashboard in Grafana's own JSON. Grafana brings older ones up to date by itself, so that this is read by newer ones too.
import { type Dashboard, here, installation, type Panel, type Query, type Row, type Variable } from './dashboard.ts'

/** Version of the JSON model: Grafana 11.6 and 12.0 write it, and newer ones read it. */
const SCHEMA_VERSION = 41
/** Rows of the grid that a panel takes. */
const PANEL_HEIGHT = 8
const NUMBER_HEIGHT = 4
const GRID_WIDTH = 24

const datasource = { type: 'prometheus', uid: '${datasource}' }

/** The text of a dashboard's file. */
export function toGrafana(dashboard: Dashboard): string {
  const model = {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['weir'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    timezone: 'browser',
    time: { from: 'now-6h', to: 'now' },
    links: [
      {
        type: 'dashboards',
        title: 'Weir',
        tags: ['weir'],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    annotations: { list: [toRestarts()] },
    templating: { list: [toDatasourceVariable(), ...dashboard.variables.map(toVariable)] },
    panels: toPanels(dashboard.rows),
  }
  return `${JSON.stringify(model, null, 2)}\n`
}

/** Marks when a process began: much that looks odd is a restart. */
function toRestarts() {
  return {
    name: 'Restarts',
    datasource,
    enable: true,
    hide: false,
    iconColor: 'blue',
    expr: `changes(${here('weir_process_start_time_seconds')}[$__interval]) > 0`,
    titleFormat: 'restarted',
    textFormat: '{{instance}}',
  }
}

function toDatasourceVariable() {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1, hide: 0 }
}

function toVariable({ name, label, metric }: Variable) {
  // Each goes by the choices before it.
  const chosen = { namespace: [], job: installation.slice(0, 1), account: installation, client: installation }[name]
  const query = `label_values(${chosen.length === 0 ? metric : `${metric}{${chosen.join(',')}}`}, ${name})`
  return {
    name,
    label,
    type: 'query',
    datasource,
    definition: query,
    query: { query, refId: `variable-${name}` },
    // Whenever the range changes: clients come and go.
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
    hide: 0,
  }
}

/** Panels from left to right, each row of them under its heading. */
function toPanels(rows: readonly Row[]) {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 },
      panels: [],
    })
    y += 1
    let x = 0
    let height = 0
    for (const panel of row.panels) {
      if (x + panel.width > GRID_WIDTH) {
        y += height
        x = 0
        height = 0
      }
      const h = panel.kind === 'number' ? NUMBER_HEIGHT : PANEL_HEIGHT
      panels.push({ id: panels.length + 1, gridPos: { x, y, w: panel.width, h }, ...toPanel(panel) })
      x += panel.width
      height = Math.max(height, h)
    }
    y += height
  }
  return panels
}

const types = { lines: 'timeseries', areas: 'timeseries', number: 'stat', table: 'table' } as const

function toPanel(panel: Panel) {
  const { kind, title, description } = panel
  return {
    type: types[kind],
    title,
    description,
    datasource,
    targets: panel.queries.map((query, index) => toTarget(panel, query, index)),
    fieldConfig: { defaults: toDefaults(panel), overrides: [] },
    options: toOptions(panel),
    ...(kind === 'table' ? { transformations: toColumns(panel.queries) } : {}),
  }
}

/** Grafana names queries A, B, C. */
const toRefId = (index: number) => String.fromCharCode('A'.charCodeAt(0) + index)

function toTarget({ kind }: Panel, { expr, legend }: Query, index: number) {
  const isTable = kind === 'table'
  return {
    refId: toRefId(index),
    datasource,
    expr,
    editorMode: 'code',
    legendFormat: legend,
    ...(isTable
      ? { format: 'table', instant: true, range: false }
      : { instant: kind === 'number', range: kind !== 'number' }),
  }
}

function toDefaults({ kind, unit, warnFrom, goodFrom, max }: Panel) {
  const base = goodFrom === undefined ? 'green' : 'red'
  const steps = [
    { color: base, value: null },
    ...(goodFrom === undefined ? [] : [{ color: 'green', value: goodFrom }]),
    ...(warnFrom === undefined
      ? []
      : [
          { color: 'orange', value: warnFrom[0] },
          { color: 'red', value: warnFrom[1] },
        ]),
  ]
  const isPlain = warnFrom === undefined && goodFrom === undefined
  const isGraph = kind === 'lines' || kind === 'areas'
  return {
    unit,
    min: 0,
    ...(max === undefined ? {} : { max }),
    noValue: kind === 'table' ? '' : '–',
    color: { mode: kind === 'number' && !isPlain ? 'thresholds' : 'palette-classic' },
    thresholds: { mode: 'absolute', steps },
    ...(isGraph ? { custom: toGraphStyle(kind === 'areas', !isPlain) } : {}),
  }
}

function toGraphStyle(isStacked: boolean, hasThresholds: boolean) {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: isStacked ? 30 : 8,
    showPoints: 'never',
    // A gap is a gap: something could not be read.
    spanNulls: false,
    stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: hasThresholds ? 'dashed' : 'off' },
  }
}

function toOptions({ kind }: Panel) {
  if (kind === 'table') return { showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: 'Calls', desc: true }] }
  if (kind === 'number')
    return {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'value',
      graphMode: 'none',
      textMode: 'auto',
      justifyMode: 'auto',
    }
  return {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  }
}

/** One line for each set of labels, one column for each query. */
function toColumns(queries: readonly Query[]) {
  const names = queries.map(({ legend }, index) => [`Value #${toRefId(index)}`, legend])
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: {
          // With a single query there is nothing to tell apart.
          ...(queries.length === 1 ? { Value: queries[0]?.legend } : Object.fromEntries(names)),
          account: 'Account',
          client: 'Client',
          operation: 'Operation',
        },
      },
    },
  ]
}
