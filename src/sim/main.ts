import { runSim } from './run-sim.ts'

process.exitCode = await runSim(process.argv.slice(2), { print: (text) => console.log(text), error: (text) => console.error(text) })
