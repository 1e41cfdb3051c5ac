import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile } from '../adapters/node/read-json.ts'
import { defaultPolicy, parsePolicy, practiceFastPolicy, type Policy } from '../core/policy.ts'
import type { Programs } from './programs.ts'

/** Bytes that every holder of the practice swarm offers. */
export const PRACTICE_OFFER_BYTES = 8 * 1024 ** 3

/** Node programs started at once: more of them on two cores only delay each other. */
const STARTING_AT_ONCE = 4

/**
 * Returns the policy of the practice swarm: the default, `practice-fast`, or that of a file; in each of them a newcomer may use the whole
 * offer, because everybody is a newcomer.
 * @throws HoardError 'policy-invalid'
 */
export async function readPracticePolicy(policy: string | undefined): Promise<Policy> {
  const ledger = { newcomerBytes: PRACTICE_OFFER_BYTES, newcomersShare: 1 }
  if (policy === 'practice-fast') return { ...practiceFastPolicy, ledger }
  const base = { ...defaultPolicy, ledger }
  return policy === undefined ? base : readJsonFile(policy, (text) => parsePolicy(JSON.parse(text), base))
}

/** Starts the relay and returns its address as browsers on this machine reach it. */
export async function startRelay(programs: Programs, dataFolder: string, ports: { relay: number; stun: number }): Promise<string> {
  const args = ['--port', String(ports.relay), '--stun-port', String(ports.stun), '--data', join(dataFolder, 'relay')]
  const line = await programs.start('src/relay/main.ts', args, relayAddress, join(dataFolder, 'relay.log'))
  return relayAddress.exec(line)?.[0] ?? line
}

const relayAddress = /\/(?:ip4|ip6|dns|dns4|dns6)\/\S+\/p2p\/\w+/

/** Writes the network file of this start and returns its path and text. */
export async function writeNetworkFile(
  dataFolder: string,
  facts: { relay: string; stunPort: number; policy: Policy },
): Promise<{ path: string; text: string }> {
  const { relay, stunPort, policy } = facts
  const iceServers = [{ urls: `stun:127.0.0.1:${stunPort}` }]
  const text = JSON.stringify({ network: '', relays: [relay], iceServers, policy }, null, 2)
  const path = join(dataFolder, 'network.json')
  await mkdir(dataFolder, { recursive: true })
  await writeFile(path, text)
  return { path, text }
}

/** Starts `peers` holders, a few at a time, and calls `onHolder` with the line of each, in order. */
export async function startHolders(
  programs: Programs,
  swarm: { dataFolder: string; networkFile: string; peers: number },
  onHolder: (line: string) => void,
): Promise<void> {
  const lines: Promise<string>[] = []
  const start = (index: number) => {
    const name = String(index + 1).padStart(2, '0')
    const data = join(swarm.dataFolder, 'holders', name)
    const offer = ['--offer', String(PRACTICE_OFFER_BYTES), '--allowance', 'whole-offer']
    const args = ['--network', swarm.networkFile, '--data', data, ...offer, '--status-port', '0']
    return programs.start('src/holder/main.ts', args, /^holder /, join(swarm.dataFolder, 'holders', `${name}.log`))
  }
  for (let index = 0; index < swarm.peers; index += 1) {
    const before = lines[index - STARTING_AT_ONCE]
    if (before !== undefined) onHolder(await before)
    lines.push(start(index))
    lines[index]?.catch(() => undefined) // an error is reported when this line is printed
  }
  for (const line of lines.slice(Math.max(0, swarm.peers - STARTING_AT_ONCE))) onHolder(await line)
}
