// Types, lint, format, dead code and bundle sizes: all of them, whatever the others say.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './install.mjs'

const checks = {
  types: ['node_modules/typescript/bin/tsc', '-b', '--force'],
  lint: [
    'node_modules/oxlint/bin/oxlint',
    '-c',
    'src/oxlint.config.ts',
    '--type-aware',
    '--deny-warnings',
    'src',
    'workers',
    'setup',
    'e2e',
    'vite.config.ts',
  ],
  format: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  'dead code': ['node_modules/knip/bin/knip.js', '--no-progress'],
  'bundle sizes': ['setup/budgets.ts'],
}

/** @type {string[]} */
const failed = []
for (const [name, [script = '', ...args]] of Object.entries(checks)) {
  console.log(`--- ${name} ---`)
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) failed.push(name)
}
console.log(failed.length === 0 ? '\ncheck: all good' : `\ncheck: failed in ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
