import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the checkout, absolute. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Returns why the app cannot be built, or its tests run, in `folder`; undefined when it can. The bundler takes paths for addresses, in which
 * `#` and `?` end the path; other signs, `%` and spaces among them, are no trouble.
 * @param {string} folder
 */
export function whyNotBuilt(folder) {
  const [sign] = /[#?]/.exec(folder) ?? []
  if (sign === undefined) return undefined
  return `The app cannot be built in ${folder}: the bundler cannot read a path with "${sign}" in it. Move or rename the folder and try again.`
}

/**
 * Brings node_modules to what package-lock.json says; does nothing when it already is.
 * Ends the process with npm's code when the installation fails.
 */
export function installMissing() {
  if (isInstalled()) return
  console.log('Installing what package-lock.json lists ...')
  // npm tells its scripts where it is; the Node that runs it here is good enough for `npm ci`.
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const options = { cwd: root, stdio: /** @type {const} */ ('inherit'), shell: command === 'npm' && process.platform === 'win32' }
  const { status } = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], options)
  if (status === 0 && isInstalled()) return
  console.error('npm ci did not succeed. Check the connection to the npm registry and try again.')
  process.exit(status || 1)
}

/** Compares contents, not times: a checkout gives every file the time of the clone. */
function isInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(marker)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(marker, 'utf8')).packages
  // Optional packages are built for one platform each; most of them are rightly absent.
  return Object.keys(wanted).every((path) => path === '' || same(wanted[path], present[path]))
}

/** @param {{ optional?: boolean, integrity?: string, resolved?: string }} wanted @param {{ integrity?: string, resolved?: string } | undefined} present */
function same(wanted, present) {
  if (present === undefined) return wanted.optional === true
  return present.integrity === wanted.integrity
}

/**
 * Returns the path of a Node that runs TypeScript directly: the one npm installed for this platform, else the running one.
 * Ends the process with an explanation when neither is there.
 */
export function modernNode() {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const own = join(root, 'node_modules', `node-${platform}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(own) && runs(own)) return own
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  console.error(`Scatterhoard needs Node 24 or newer. There is no packaged one for ${platform}, and this is Node ${process.versions.node}.`)
  console.error('Install Node 24 from https://nodejs.org and try again.')
  return process.exit(1)
}

/** @param {string} program */
function runs(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false // another C library than the packaged Node was built for
  }
}
