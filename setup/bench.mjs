// Figures with a reference measured in the same run. `npm run bench -- [ROW] [--json FILE]`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { provideChromium } from './chromium.mjs'
import { root } from './install.mjs'

const env = { ...process.env, CHROMIUM_PATH: await provideChromium() }
const { status } = spawnSync(process.execPath, [join(root, 'e2e/bench/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit', env })
process.exitCode = status ?? 1
