import { useFastModules } from './real/fast-modules.ts'

const args = process.argv.slice(2)
if (args.includes('--real') && !args.includes('--exact')) useFastModules()
// Imported afterwards, so that everything in it gets the fast modules.
const { runSim } = await import('./run-sim.ts')
process.exitCode = await runSim(args, { print: (text) => console.log(text), error: (text) => console.error(text) })
