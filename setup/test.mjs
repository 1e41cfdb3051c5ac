// Every test but the large ones, suite by suite, and at the end one line that says how many passed and failed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { provideChromium } from './chromium.mjs'
import { root } from './install.mjs'

const isLarge = process.argv[2] === 'large'
const suites = isLarge ? ['large'] : ['unit', 'browser', 'e2e']
const filters = process.argv.slice(isLarge ? 3 : 2)
const env = { ...process.env, CHROMIUM_PATH: await provideChromium() }
mkdirSync(join(root, '.build'), { recursive: true })

const sums = { passed: 0, failed: 0 }
for (const suite of suites) {
  console.log(`\n--- ${suite} ---`)
  const report = join(root, '.build', `test-${suite}.json`)
  rmSync(report, { force: true })
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, '--passWithNoTests']
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = spawnSync(process.execPath, [...vitest, ...reporters, ...filters], { cwd: root, stdio: 'inherit', env })
  const { passed, failed } = count(report)
  sums.passed += passed
  // A suite that could not even be read has failed, though none of its tests did.
  sums.failed += status === 0 ? failed : Math.max(failed, 1)
}
console.log(`\n${sums.passed} passed, ${sums.failed} failed`)
process.exitCode = sums.failed === 0 && sums.passed > 0 ? 0 : 1

/** @param {string} report */
function count(report) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const unread = testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    )
    return { passed: numPassedTests, failed: numFailedTests + unread.length }
  } catch {
    return { passed: 0, failed: 0 }
  }
}
