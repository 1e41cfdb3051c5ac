import { HoardError } from './errors.ts'

/** A STUN or TURN server as WebRTC takes it. */
export interface IceServer {
  readonly urls: string | string[]
  readonly username?: string
  readonly credential?: string
}

/** The content of network.json. */
export interface NetworkFile {
  /** Name of a private swarm, '' for the public one. */
  readonly network: string
  /** Multiaddr texts. */
  readonly relays: readonly string[]
  readonly iceServers: readonly IceServer[]
  /** Overrides of the default policy, still unchecked. */
  readonly policy: unknown
}

/**
 * Returns the parts of a network.json; absent parts are empty.
 * @throws HoardError 'policy-invalid' with what is wrong
 */
export function parseNetworkFile(text: string): NetworkFile {
  const value = parseJson(text)
  if (!isObject(value)) throw invalid('it is not an object')
  const unknown = Object.keys(value).find((key) => !['network', 'relays', 'iceServers', 'policy'].includes(key))
  if (unknown !== undefined) throw invalid(`the key ${unknown} is unknown`)
  const { network = '', relays = [], iceServers = [], policy = {} } = value
  if (typeof network !== 'string') throw invalid('network is not a name')
  if (!isTexts(relays)) throw invalid('relays is not a list of addresses')
  if (!Array.isArray(iceServers) || !iceServers.every(isIceServer)) throw invalid('iceServers is not a list of {urls}')
  return { network, relays, iceServers, policy }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isIceServer(value: unknown): value is IceServer {
  if (!isObject(value) || !(typeof value.urls === 'string' || isTexts(value.urls))) return false
  return ['username', 'credential'].every((key) => value[key] === undefined || typeof value[key] === 'string')
}

function invalid(what: string): HoardError {
  return new HoardError('policy-invalid', { what: `network.json: ${what}` })
}
