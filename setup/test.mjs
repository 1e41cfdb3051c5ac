// Every test but the large and the long ones, suite by suite; at the end the ten slowest, what failed and why (whoever sees only
// the last lines of a run needs no more), and one line that says how many passed and failed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { provideChromium } from './chromium.mjs'
import { provideFirefox } from './firefox.mjs'
import { root, whyNotBuilt } from './install.mjs'

/** Suites that are run by hand, each by a command of its own. */
const alone = ['large', 'soak']
const SLOWEST = 10
const LINES_OF_FAILURE = 8

const trouble = whyNotBuilt(root)
if (trouble !== undefined) {
  console.error(trouble)
  process.exit(2)
}
const [first = '', ...others] = process.argv.slice(2)
const isAlone = alone.includes(first)
const suites = isAlone ? [first] : ['unit', 'browser', 'e2e']
const filters = isAlone ? others : process.argv.slice(2)
const isFirefoxWanted = suites.includes('e2e') && (filters.length === 0 || filters.some((filter) => 'e2e/firefox.e2e.ts'.includes(filter)))
const env = { ...process.env, CHROMIUM_PATH: await provideChromium(), FIREFOX_PATH: (isFirefoxWanted && provideFirefox()) || '' }
mkdirSync(join(root, '.build'), { recursive: true })

const sums = { passed: 0, failed: 0 }
/** @type {{ seconds: number, name: string }[]} */
const times = []
/** @type {string[]} */
const failures = []
for (const suite of suites) {
  console.log(`\n--- ${suite} ---`)
  const report = join(root, '.build', `test-${suite}.json`)
  rmSync(report, { force: true })
  // The programs of the other suites need the cores themselves.
  const workers = suite === 'unit' ? ['--maxWorkers=100%'] : []
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, '--passWithNoTests', ...workers]
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = spawnSync(process.execPath, [...vitest, ...reporters, ...filters], { cwd: root, stdio: 'inherit', env })
  const { passed, failed, took, failures: said } = read(report)
  times.push(...took)
  failures.push(...said)
  sums.passed += passed
  // A suite that could not even be read has failed, though none of its tests did.
  sums.failed += status === 0 ? failed : Math.max(failed, 1)
}
console.log('\nthe slowest:')
for (const { seconds, name } of times.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)) {
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`)
}
if (failures.length > 0) console.log(`\nfailed:\n${failures.join('\n')}`)
console.log(`\n${sums.passed} passed, ${sums.failed} failed`)
process.exitCode = sums.failed === 0 && sums.passed > 0 ? 0 : 1

/**
 * Returns what a suite's report says; nothing passed and nothing took time when there is none.
 * @param {string} path
 */
function read(path) {
  try {
    /** @type {{ numPassedTests: number, numFailedTests: number, testResults: FileResult[] }} */
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'))
    const unread = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    const took = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, duration }) => ({ seconds: (duration ?? 0) / 1000, name: `${relative(root, name)}: ${fullName}` })),
    )
    const failures = [
      ...unread.map(({ name, message }) => `  ${relative(root, name)}: not run\n${firstLines([message ?? ''])}`),
      ...testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName, failureMessages }) => `  ${relative(root, name)}: ${fullName}\n${firstLines(failureMessages)}`),
      ),
    ]
    return { passed: numPassedTests, failed: numFailedTests + unread.length, took, failures }
  } catch {
    return { passed: 0, failed: 0, took: [], failures: [] }
  }
}

/**
 * Returns the beginning of each message, indented below the name of its test.
 * @param {string[] | undefined} messages
 */
function firstLines(messages = []) {
  const lines = messages.flatMap((message) => message.split('\n').slice(0, LINES_OF_FAILURE))
  return lines.map((line) => `      ${line}`).join('\n')
}

/** @typedef {{ fullName: string, status: string, duration?: number, failureMessages?: string[] }} TestResult */
/** @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult */
