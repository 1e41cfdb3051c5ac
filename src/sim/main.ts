import { useFastModules } from './fast/fast-modules.ts'
import { useFastSignals } from './fast/fast-signals.ts'

const args = process.argv.slice(2)
if (args.includes('--real') && !args.includes('--exact')) {
  useFastModules()
  useFastSignals()
  // Refusals are thrown by the thousand, and nobody reads where.
  Error.stackTraceLimit = 0
}
// Imported afterwards, so that everything in it gets the fast modules.
const { runSim } = await import('./run-sim.ts')
process.exitCode = await runSim(args, { print: (text) => console.log(text), error: (text) => console.error(text) })
