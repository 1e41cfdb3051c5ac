const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
}

/** Returns the number of bytes in a text such as `10GB` (decimal) or `8GiB` (binary); undefined when it is no size. */
export function parseByteSize(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? []
  const factor = units[unit.toUpperCase()]
  const bytes = digits === '' || factor === undefined ? Number.NaN : Math.floor(Number(digits) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
