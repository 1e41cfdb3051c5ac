/** The words of the list of versions. */
export const versionWords = {
  current: 'Current',
  download: 'Download',
  restore: 'Restore',
  delete: 'Delete',
  deleteForGood: 'Delete for good',
  keep: 'Keep',
} as const

/** Names of buttons, each with the moment of the version that it is about. */
export const sayVersionDeed = {
  download: (moment: string) => `Download version of ${moment}`,
  restore: (moment: string) => `Restore version of ${moment}`,
  delete: (moment: string) => `Delete version of ${moment}`,
  deleteForGood: (moment: string) => `Delete version of ${moment} for good`,
  keep: (moment: string) => `Keep version of ${moment}`,
} as const

/** Returns the title of the list. */
export function sayVersions(name: string): string {
  return `Versions of ${name}`
}

/** Returns the moments at which versions were put in, Unix milliseconds, newest first: each different from the others. Local time. */
export function sayMoments(times: readonly number[]): readonly string[] {
  const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
  const said = times.map((time) => format.format(time))
  return said.map((moment, at) => {
    const before = said.slice(at + 1).filter((other) => other === moment).length
    return before === 0 ? moment : `${moment} (${before + 1})`
  })
}
