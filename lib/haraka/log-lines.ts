/**
 * Before 3.3.3 Haraka prints the line feeds of a logged value as they are: whoever chose the value, a script or a relay
 * server, could so write whole lines of the log (contract 9). Here they are written as `\n`, as later ones do it.
 */

/** logger.js; `log` is called through the module for every line. */
export interface LineLogger {
  log(level: string, line: string, ...more: unknown[]): unknown
}

const WITHOUT_ESCAPES = /^3\.3\.[0-2]$/

export function keepLinesWhole(logger: LineLogger, version: string): void {
  if (!WITHOUT_ESCAPES.test(version)) return
  const log = logger.log.bind(logger)
  logger.log = (level, line, ...more) => log(level, line.replace(/\n(?!$)/g, '\\n'), ...more)
}
