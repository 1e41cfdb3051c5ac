/** A set from which a few members are drawn at random, at a cost that does not grow with its size. */
export interface SampleSet<T> {
  readonly size: number
  add(member: T): void
  delete(member: T): void
  has(member: T): boolean
  /** Returns `count` different members in random order, or all of them when there are fewer. */
  draw(count: number): T[]
}

/** Returns an empty set. */
export function createSampleSet<T>(): SampleSet<T> {
  const members: T[] = []
  const places = new Map<T, number>()

  function swap(a: number, b: number): void {
    const [one, other] = [members[a], members[b]]
    if (one === undefined || other === undefined) return
    members[a] = other
    members[b] = one
    places.set(other, a).set(one, b)
  }

  return {
    get size() {
      return members.length
    },
    add(member) {
      if (!places.has(member)) places.set(member, members.push(member) - 1)
    },
    delete(member) {
      const place = places.get(member)
      if (place === undefined) return
      swap(place, members.length - 1)
      members.pop()
      places.delete(member)
    },
    has: (member) => places.has(member),
    draw(count) {
      const drawn = Math.min(count, members.length)
      // Fisher and Yates, for `drawn` steps: the drawn members end up in front.
      for (let at = 0; at < drawn; at++) swap(at, at + Math.floor(Math.random() * (members.length - at)))
      return members.slice(0, drawn)
    },
  }
}
