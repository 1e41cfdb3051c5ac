import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../adapters/node/data-folder.ts'
import { parseJsonOf, readJsonFile } from '../adapters/node/read-json.ts'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { parseNetworkFile, type NetworkFile } from '../core/network-file.ts'
import { parsePolicy, type Policy } from '../core/policy.ts'

/** The settings of the network that a holder starts with. */
export interface NetworkSettings {
  readonly file: NetworkFile
  readonly policy: Policy
  /** Calls `addRelay` with the relays in the network's own settings that are not in these, as soon as it answers. */
  follow(addRelay: (address: string) => Promise<void>): void
  /** Ends the wait for its answer. */
  close(): void
}

/** The folder that keeps settings, and the way to print lines about them. */
export interface SettingsPlace {
  /** The holder's data folder, which keeps the network's last answer. */
  readonly folder: string
  readonly say: (line: string) => void
  /** Ends a start that waits. */
  readonly signal?: AbortSignal
  /** Milliseconds before the second try; each later one waits twice as long, up to a limit. */
  readonly firstPauseMs?: number
}

type Settings = Pick<NetworkSettings, 'file' | 'policy'>

const LAST_PAUSE_MS = 60_000
const ANSWER_MS = 10_000
const MAX_BYTES = 1 << 20

/**
 * Resolves with the settings in the network.json at `place`, a file or an http address. When an address does not answer, with its last
 * answer; when there is none, waits and says for what.
 * @throws HoardError 'policy-invalid' when a file cannot be used; the system's error when it is not there; the reason of `signal`
 */
export async function readNetwork(place: string | undefined, at: SettingsPlace): Promise<NetworkSettings> {
  const settled = { follow: () => undefined, close: () => undefined }
  if (place === undefined) return { ...parseSettings('{}'), ...settled }
  if (!/^https?:\/\//.test(place)) return { ...(await readJsonFile(place, parseSettings)), ...settled }
  const closing = new AbortController()
  const signal = at.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, at.signal])
  const first = await ask(place, at.folder, signal).catch((error: unknown) => error)
  if (!(first instanceof Error)) return { ...(first as Settings), ...settled }
  signal.throwIfAborted()
  const known = await readKnown(place, at.folder)
  if (!known) {
    at.say(`Waiting for the settings of the network at ${place}: ${sayWhy(first)}`)
    return { ...(await askUntilAnswered(place, at, signal, sayWhy(first))), ...settled }
  }
  at.say(`The settings of the network at ${place} cannot be had now: ${sayWhy(first)} Going on with those of ${known.when}.`)
  return {
    ...known,
    follow(addRelay) {
      askUntilAnswered(place, at, signal, sayWhy(first)).then(
        async ({ file }) => {
          const added = file.relays.filter((address) => !known.file.relays.includes(address))
          const rest = ({ relays: _relays, ...others }: NetworkFile) => JSON.stringify(others)
          at.say(
            `${place} answers again.${rest(file) === rest(known.file) ? '' : ' Its settings have changed: they count from the next start on.'}`,
          )
          for (const address of added) await addRelay(address).catch(() => undefined)
        },
        () => undefined,
      )
    },
    close: () => closing.abort(new Error('the holder ends')),
  }
}

function parseSettings(text: string): Settings {
  const file = parseNetworkFile(text)
  return { file, policy: parsePolicy(file.policy) }
}

async function askUntilAnswered(place: string, at: SettingsPlace, signal: AbortSignal, reason: string): Promise<Settings> {
  let said = reason
  for (let pauseMs = at.firstPauseMs ?? 1_000; ; pauseMs = Math.min(LAST_PAUSE_MS, 2 * pauseMs)) {
    await pause(pauseMs, signal)
    try {
      return await ask(place, at.folder, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (sayWhy(error) !== said) at.say(`Still waiting for ${place}: ${sayWhy(error)}`)
      said = sayWhy(error)
    }
  }
}

/** Asks the address once, and keeps its answer for a start at which it does not answer. */
async function ask(place: string, folder: string, signal: AbortSignal): Promise<Settings> {
  // Refuse redirects: one may lead to http, and only the given address was checked.
  const answer = await fetch(place, { redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
  if (!answer.ok) throw new Error(`It answers with status ${answer.status}.`)
  const text = await answer.text()
  if (text.length > MAX_BYTES) throw new Error('It answers with far more than a network.json.')
  const settings = parseJsonOf(place, text, parseSettings)
  await writeWhole(join(folder, 'network.json'), JSON.stringify({ place, at: Date.now(), text })).catch(() => undefined)
  return settings
}

/** Resolves with the last answer of `place`; undefined when there is none. */
async function readKnown(place: string, folder: string): Promise<(Settings & { readonly when: string }) | undefined> {
  try {
    const known = JSON.parse(await readFile(join(folder, 'network.json'), 'utf8')) as Record<string, unknown>
    if (known['place'] !== place || typeof known['text'] !== 'string' || typeof known['at'] !== 'number') return undefined
    return { ...parseSettings(known['text']), when: new Date(known['at']).toISOString() }
  } catch {
    return undefined
  }
}

function sayWhy(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'It does not answer in time.'
  return sayProblem(error instanceof Error && error.cause instanceof Error ? error.cause : error)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
  })
}
