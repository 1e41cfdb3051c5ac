import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

const usualPlaces = {
  linux: ['firefox-esr', 'firefox'].map((name) => `/usr/bin/${name}`),
  darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  win32: [process.env.ProgramFiles, process.env['ProgramFiles(x86)']].flatMap((folder) =>
    folder === undefined ? [] : [join(folder, 'Mozilla Firefox/firefox.exe')],
  ),
}

/**
 * Returns the path of a Firefox that starts, or undefined: FIREFOX_PATH, else the system's.
 * @returns {string | undefined}
 */
export function findFirefox() {
  const given = process.env.FIREFOX_PATH
  if (given !== undefined && given !== '') return given
  return (usualPlaces[/** @type {keyof typeof usualPlaces} */ (process.platform)] ?? []).find(isUsable)
}

/**
 * Returns the path of a Firefox, installing one where the system's package manager can; undefined where there is none then.
 * @returns {string | undefined}
 */
export function provideFirefox() {
  const found = findFirefox()
  const apt = '/usr/bin/apt-get'
  if (found !== undefined || process.getuid?.() !== 0 || !existsSync(apt)) return found
  console.log('No Firefox here: installing one for its test ...')
  const options = { cwd: root, stdio: /** @type {const} */ ('inherit'), env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  for (const name of ['firefox-esr', 'firefox']) {
    spawnSync(apt, ['-o', 'APT::Update::Error-Mode=any', 'update', '-q'], options)
    spawnSync(apt, ['install', '-q', '-y', '--no-install-recommends', name], options)
    const installed = findFirefox()
    if (installed !== undefined) return installed
  }
  return undefined
}

/** Ubuntu keeps a stand-in at the usual place that only says where to get the real one. @param {string} path */
function isUsable(path) {
  if (!existsSync(path)) return false
  // Asking Firefox for its version opens a window on Windows.
  return process.platform === 'win32' || spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0
}
