// The text that Prometheus reads, for tests.

/** Its lines that hold a number. */
export function toSamples(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** The number of one series; undefined when there is none. @param series as the text has it, name and labels */
export function findValue(text: string, series: string): number | undefined {
  const line = toSamples(text).find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}
