import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openScene, type Scene } from '../scene.ts'
import { measureBigFile } from './big-file.ts'
import { measureCoder } from './coder.ts'
import { measureFirstByte } from './first-byte.ts'
import { tableOf, type Figure } from './figure.ts'
import { measureRivals } from './rivals.ts'
import { measureSlab } from './slab.ts'
import { measureSmallFiles } from './small-files.ts'
import { measureWire } from './wire.ts'

/** Measurements, by the name of their row. */
const rows: Readonly<Record<string, (scene: Scene, mebibytes: number) => Promise<readonly Figure[]>>> = {
  coder: measureCoder,
  slab: measureSlab,
  wire: measureWire,
  'first-byte': measureFirstByte,
  'big-file': measureBigFile,
  'small-files': measureSmallFiles,
  rivals: measureRivals,
}

const { values, positionals } = parseArgs({ options: { json: { type: 'string' }, mib: { type: 'string' } }, allowPositionals: true })
const wanted = positionals.length === 0 ? Object.keys(rows) : positionals
const figures: Figure[] = []
for (const name of wanted) {
  const measure = rows[name]
  if (measure === undefined) {
    console.error(`There is no row ${name}. There are: ${Object.keys(rows).join(', ')}`)
    process.exit(2)
  }
  const scene = await openScene('measuring')
  try {
    figures.push(...(await measure(scene, Number(values.mib ?? 1024))))
  } finally {
    await scene.close()
  }
}
console.log(tableOf(figures))
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`)
process.exitCode = figures.every(({ met }) => met) ? 0 : 1
