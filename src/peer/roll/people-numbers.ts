import type { PeerId } from '../../core/ids.ts'

/** People by number, each for as long as something names it. */
export interface PeopleNumbers {
  /** Returns the number of `peer`, giving it one if it has none, and counts one more use of it. */
  use(peer: PeerId): number
  /** Counts one use less; the number of a person whom nothing uses goes to the next one. 0 is nobody. */
  drop(number: number): void
  /** Returns the number of `peer`; 0 when it has none. */
  find(peer: PeerId): number
  /** Returns the person of a number in use; undefined for 0. */
  person(number: number): PeerId | undefined
}

/** Returns a table without people. */
export function createPeopleNumbers(): PeopleNumbers {
  const numberByPeer = new Map<PeerId, number>()
  const people: (PeerId | undefined)[] = [undefined]
  const uses: number[] = [0]
  const freed: number[] = []

  return {
    use: (peer) => {
      const number = numberByPeer.get(peer) ?? freed.pop() ?? people.length
      numberByPeer.set(peer, number)
      people[number] = peer
      uses[number] = (uses[number] ?? 0) + 1
      return number
    },
    drop: (number) => {
      const peer = people[number]
      if (peer === undefined) return
      uses[number] = (uses[number] ?? 0) - 1
      if (uses[number] > 0) return
      numberByPeer.delete(peer)
      people[number] = undefined
      freed.push(number)
    },
    find: (peer) => numberByPeer.get(peer) ?? 0,
    person: (number) => people[number],
  }
}
