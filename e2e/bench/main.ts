import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openScene, type Scene } from '../scene.ts'
import { measureBigFile } from './big-file.ts'
import { measureCoder } from './coder.ts'
import { measureFirstByte } from './first-byte.ts'
import { tableOf, type Figure } from './figure.ts'
import { measureIdlePeers } from './idle.ts'
import { measureKeepers } from './keeper.ts'
import { lineRows } from './line-rows.ts'
import { measureLines } from './lines.ts'
import { measureRivals } from './rivals.ts'
import { measureSlab } from './slab.ts'
import { measureSmallFiles } from './small-files.ts'
import { measureVault } from './vault.ts'
import { measureWire } from './wire.ts'

const text = { type: 'string' } as const
const options = { json: text, mib: text, row: text, runs: text }
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const numberIn = (given: string | undefined) => (given === undefined ? undefined : Number(given))
const [mebibytes, runs] = [numberIn(values.mib), numberIn(values.runs)]
if (values.row !== undefined && lineRows[values.row] === undefined) {
  console.error(`There is no row ${values.row} over lines. There are: ${Object.keys(lineRows).join(', ')}`)
  process.exit(2)
}
if (runs !== undefined && !(runs >= 1)) {
  console.error('--runs says how often each transfer of the rows lines and rivals is measured, at least once.')
  process.exit(2)
}

/** Measurements, by the name of their row. */
const rows: Readonly<Record<string, (scene: Scene, mebibytes: number) => Promise<readonly Figure[]>>> = {
  coder: measureCoder,
  slab: measureSlab,
  wire: measureWire,
  'first-byte': measureFirstByte,
  'big-file': measureBigFile,
  'small-files': measureSmallFiles,
  idle: measureIdlePeers,
  keeper: measureKeepers,
  vault: measureVault,
  rivals: (scene) => measureRivals(scene, { runs, mebibytes }),
  lines: (scene) => measureLines(scene, { row: values.row, runs, mebibytes }),
}

const wanted = positionals.length === 0 ? Object.keys(rows) : positionals
const figures: Figure[] = []
/** Complaints about pages, printed after the table, so that no figure is lost. */
const complaints: unknown[] = []
for (const name of wanted) {
  const measure = rows[name]
  if (measure === undefined) {
    console.error(`There is no row ${name}. There are: ${Object.keys(rows).join(', ')}`)
    process.exit(2)
  }
  const scene = await openScene('measuring')
  try {
    figures.push(...(await measure(scene, mebibytes ?? 1024)))
  } finally {
    await scene.close().catch((error: unknown) => complaints.push(error))
  }
}
console.log(tableOf(figures))
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`)
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 && figures.every(({ met }) => met) ? 0 : 1
