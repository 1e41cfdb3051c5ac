import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { askHello, type Hello } from '../../protocol/hello.ts'
import { createDirectLines } from './direct-lines.ts'
import { isAnother } from './own-hello.ts'
import type { Person } from './person.ts'

/** What greeting people needs. */
export interface GreetingParts {
  readonly of: (peer: PeerId) => Person
  /** Returns this peer's own hello. */
  readonly mine: () => Hello
  /** `peer` answered. */
  readonly met: (peer: PeerId, hello: Hello) => void
  /** A person that is connected and did not answer may be greeted again. */
  readonly again: () => void
  /** Somebody who was near does not answer any more. */
  readonly onGone: () => void
}

/** Times that a peer over an open connection is greeted before it is left alone. */
export const GREETINGS = 3
const GREET_AGAIN_MS = 5_000
/** Time for which a peer that has connected is left to say hello first. SPEC HEL5. */
export const FIRST_WORD_MS = 5_000

/** Returns a function that dials a peer where needed and says hello, once at a time to each. It never throws. */
export function createGreeting(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  { of, mine, met, again, onGone }: GreetingParts,
  signal: AbortSignal,
): (peer: PeerId) => Promise<void> {
  const lines = createDirectLines(network)
  const greeting = new Set<PeerId>()

  /** A person that is connected and does not answer is greeted again, and is no longer here after the second time. */
  const onSilence = (person: Person): void => {
    person.failures++
    person.failedAt = clock.now()
    const isConnected = lines().has(person.peer)
    if (person.isNear && (!isConnected || person.failures > 1)) {
      person.isNear = false
      onGone()
    }
    if (isConnected && person.failures < GREETINGS) clock.wait(GREET_AGAIN_MS, { signal }).then(again, () => undefined)
  }

  return async function greet(peer): Promise<void> {
    if (greeting.has(peer) || peer === network.self) return
    greeting.add(peer)
    const said = mine()
    try {
      const { hello, latencyMs } = await askHello(network, clock, peer, said, { signal, hops: of(peer).hops })
      of(peer).latencyMs = latencyMs
      met(peer, hello)
    } catch (error) {
      if (!signal.aborted && codeOf(error) !== 'peer-unreachable') onSilence(of(peer))
    } finally {
      greeting.delete(peer)
    }
    // It was told what was true when the greeting began, and nobody greets it again for that.
    if (!signal.aborted && lines().has(peer) && isAnother(said, mine())) await greet(peer)
  }
}
