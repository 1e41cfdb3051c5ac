import type { Need } from '../../core/needs.ts'
import type { Clock } from '../../ports/clock.ts'
import metronomeUrl from '../../../workers/metronome.ts?worker&url'
import { trustedScriptUrl } from './worker-url.ts'

const CHECK = 'scatterhoard/check'
/** Longest wait for a browser's answer: one that has not come by then will not come. */
const PATIENCE_MS = 10_000

/** One check for each need: it uses the feature, and throws or answers false where that is missing, switched off or blocked. */
const checks: Readonly<Record<Need, () => unknown>> = {
  'secure-context': () => isSecureContext,
  crypto: () => crypto.subtle.digest('SHA-256', new Uint8Array(1)),
  workers: () => new Worker(trustedScriptUrl(metronomeUrl), { type: 'module' }).terminate(),
  webrtc() {
    const connection = new RTCPeerConnection()
    connection.createDataChannel(CHECK)
    connection.close()
  },
  storage: () => navigator.storage.getDirectory(),
  database: openDatabase,
  locks: () => navigator.locks.request(CHECK, { mode: 'shared' }, () => undefined),
  'tab-channel': () => new BroadcastChannel(CHECK).close(),
  'service-worker': () => navigator.serviceWorker.getRegistration(),
}

/**
 * Returns the needs that this browser does not meet, in this window and at this address. Uses each feature once and keeps nothing. Never
 * throws.
 */
export async function findMissing(clock: Clock): Promise<readonly Need[]> {
  const over = new AbortController()
  const tooLate = clock.wait(PATIENCE_MS, { signal: over.signal }).then(() => false)
  tooLate.catch(() => undefined)
  const tryOne = async ([need, check]: [Need, () => unknown]): Promise<readonly Need[]> => {
    try {
      return (await Promise.race([check(), tooLate])) === false ? [need] : []
    } catch {
      return [need]
    }
  }
  const found = await Promise.all((Object.entries(checks) as [Need, () => unknown][]).map(tryOne))
  over.abort('all answered')
  return found.flat()
}

function openDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(CHECK)
    request.onerror = () => reject(request.error ?? new Error('no database'))
    request.onsuccess = () => {
      request.result.close()
      indexedDB.deleteDatabase(CHECK)
      resolve()
    }
  })
}
