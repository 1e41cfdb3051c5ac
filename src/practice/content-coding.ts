/** Content codings that the build makes, the preferred one first, with the suffix of their files. */
export const codings = { br: '.br', gzip: '.gz' } as const
/** The form in which a file is sent: a coding of `codings`, or the file as it is. */
export type Coding = keyof typeof codings | 'identity'

const preference: readonly Coding[] = ['br', 'gzip', 'identity']

/**
 * Returns the coding to send, of those in `available`, by the request's Accept-Encoding; undefined when the request accepts none of them.
 * Without the header a file is sent as it is.
 * Source: RFC 9110, section 12.5.3.
 */
export function chooseCoding(header: string | undefined, available: readonly Coding[]): Coding | undefined {
  if (header === undefined) return 'identity'
  const weights = weightsIn(header)
  const weightOf = (coding: Coding): number => {
    const given = weights.get(coding) ?? (coding === 'gzip' ? weights.get('x-gzip') : undefined) ?? weights.get('*')
    // A coding that the header does not name is not wanted, except for the file as it is, the last resort.
    return given ?? (coding === 'identity' ? Number.MIN_VALUE : 0)
  }
  let chosen: Coding | undefined
  for (const coding of preference) {
    if (!available.includes(coding) || weightOf(coding) === 0) continue
    if (chosen === undefined || weightOf(coding) > weightOf(chosen)) chosen = coding
  }
  return chosen
}

/** Returns the codings in lower case with their weights; malformed elements are skipped. */
function weightsIn(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const element of header.toLowerCase().split(',')) {
    const [, coding = '', weight = '1'] =
      /^\s*([a-z0-9!#$%&'*+.^_`|~-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/.exec(element) ?? []
    if (coding !== '') weights.set(coding, Number(weight))
  }
  return weights
}
