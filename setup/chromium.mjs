import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

/** Options of a test's Chromium: it asks nobody for anything, and needs no graphics card. */
export const chromiumFlags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const usualPlaces = {
  linux: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'].map((name) => `/usr/bin/${name}`),
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA].flatMap((folder) =>
    folder === undefined
      ? []
      : [join(folder, 'Google/Chrome/Application/chrome.exe'), join(folder, 'Microsoft/Edge/Application/msedge.exe')],
  ),
}

/**
 * Returns the path of a Chromium that starts, or undefined: CHROMIUM_PATH, the system's, or Playwright's own.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const given = process.env.CHROMIUM_PATH
  if (given !== undefined && given !== '') return given
  const usual = usualPlaces[/** @type {keyof typeof usualPlaces} */ (process.platform)] ?? []
  const { chromium } = await import('playwright')
  return [...usual, chromium.executablePath()].find(isUsable)
}

/**
 * Returns the path of a Chromium, installing one the way this platform can when there is none.
 * Ends the process with an explanation when that fails too.
 * @returns {Promise<string>}
 */
export async function provideChromium() {
  const found = await findChromium()
  if (found !== undefined) return found
  console.log('No Chromium here: installing one for the browser tests ...')
  for (const [command, ...args] of waysToInstall()) {
    spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    const installed = await findChromium()
    if (installed !== undefined) return installed
  }
  console.error('The browser tests need Chromium or Chrome, and it could not be installed.')
  console.error('Install one and set CHROMIUM_PATH to its program file, then try again.')
  return process.exit(1)
}

/** @returns {[string, ...string[]][]} */
function waysToInstall() {
  const playwright = [process.execPath, join(root, 'node_modules/playwright/cli.js'), 'install']
  const isRoot = process.getuid?.() === 0
  const apt = '/usr/bin/apt-get'
  /** @type {[string, ...string[]][]} */
  const ways = []
  if (isRoot && existsSync(apt)) {
    ways.push([apt, '-o', 'APT::Update::Error-Mode=any', 'update', '-q'])
    ways.push([apt, 'install', '-q', '-y', '--no-install-recommends', 'chromium'])
    ways.push([playwright[0] ?? '', ...playwright.slice(1), '--with-deps', 'chromium'])
  }
  ways.push([playwright[0] ?? '', ...playwright.slice(1), 'chromium'])
  return ways
}

/** Some distributions keep a stand-in at the usual place that only says where to get the real one. @param {string} path */
function isUsable(path) {
  if (!existsSync(path)) return false
  // Asking Chrome for its version opens a window on Windows.
  return process.platform === 'win32' || spawnSync(path, ['--version', '--no-sandbox'], { timeout: 20_000 }).status === 0
}
