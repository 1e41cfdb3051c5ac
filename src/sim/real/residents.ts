import type { Peer } from '../../peer/index.ts'
import type { LifeEvents } from '../model/life.ts'
import type { ModelPerson } from '../model/swarm.ts'
import type { Timeline } from '../model/timeline.ts'
import type { PeopleClass } from '../population.ts'
import type { Keeper, PiecesSeen } from './pieces-seen.ts'
import { createSimDisk, type SimDisk } from './sim-disk.ts'
import { newDevice, type Device, type Process, type Stage } from './stage.ts'

/** Somebody of the population with a device, and with a process while it is there. */
export interface Resident {
  readonly number: number
  readonly kind: PeopleClass
  readonly disk: SimDisk
  readonly device: Device
}

/** The people of a run and their processes. */
export interface Residents {
  /** What happens to people happens to their processes from now on; those who are here start. */
  readonly events: LifeEvents
  open(here: Iterable<ModelPerson>): void
  /** Everybody who is not dead, by number. */
  all(): readonly Resident[]
  /** The peers that run. */
  peers(): readonly Peer[]
}

/** What `residents` are made of. */
export interface ResidentParts {
  readonly seed: number
  readonly stage: Stage
  readonly timeline: Timeline
  readonly pieces: PiecesSeen
  readonly offerOf: (kind: PeopleClass) => number
  /** Is told of every peer when its process ends, while it can still be asked. */
  readonly ending: (peer: Peer) => void
}

interface Living extends Resident {
  readonly keeper: Keeper
  process: Process | undefined
}

/** Milliseconds between the starts of people who are there when peers begin. */
const START_EVERY_MS = 2_000

/**
 * Returns people without processes. Somebody who comes gets one over the disk that it left; a session ends with a goodbye, as in the model,
 * and a life ends like a killed process, its disk and keys gone.
 */
export function createResidents({ seed, stage, timeline, pieces, offerOf, ending }: ResidentParts): Residents {
  const livings = new Map<ModelPerson, Living>()

  const living = (person: ModelPerson): Living => {
    const known = livings.get(person)
    if (known !== undefined) return known
    const { kind, number } = person
    const keeper: Keeper = {
      get isHere() {
        return person.isHere
      },
      get isDead() {
        return person.isDead
      },
      get isLost() {
        return person.isLost
      },
      isLiar: kind.lie !== undefined && kind.lie !== 'idle-guardian',
    }
    const disk = createSimDisk({
      kept: (facts) => pieces.kept(keeper, facts),
      dropped: (facts) => pieces.dropped(keeper, facts),
    })
    const device = newDevice(seed, `person ${number}`, {
      disk,
      offerBytes: offerOf(kind),
      upBytesPerSecond: kind.upBytesPerSecond,
      engine: kind.engine,
      isPersisted: kind.evictDays === undefined,
      lie: kind.lie,
    })
    const made: Living = { number, kind, disk, device, keeper, process: undefined }
    livings.set(person, made)
    return made
  }

  const start = (person: ModelPerson): void => {
    const resident = living(person)
    end(resident, 'kill')
    resident.process = stage.start(resident.device)
  }

  const end = (resident: Living, how: 'leave' | 'kill'): void => {
    const { process } = resident
    const peer = process?.peer()
    if (peer !== undefined) ending(peer)
    process?.[how]()
    // One that says goodbye takes a while: the next one of this device may have to end it.
    if (how === 'kill') resident.process = undefined
  }

  const events: LifeEvents = {
    came(person) {
      pieces.moved(living(person).keeper)
      start(person)
    },
    went(person) {
      const resident = living(person)
      const { session } = person
      pieces.moved(resident.keeper)
      // Somebody who dies goes first, and says no goodbye.
      timeline.plan(timeline.now(), () => {
        if (!person.isDead && person.session === session) end(resident, 'leave')
      })
    },
    died(person) {
      const resident = living(person)
      pieces.died(resident.keeper)
      end(resident, 'kill')
      livings.delete(person)
    },
    lost: () => undefined,
  }

  return {
    events,
    open(here) {
      for (const [at, person] of [...here].entries()) {
        const { session } = person
        timeline.plan(timeline.now() + at * START_EVERY_MS, () => {
          if (person.isHere && person.session === session) start(person)
        })
      }
    },
    all: () => [...livings.values()].toSorted((a, b) => a.number - b.number),
    peers: () => [...livings.values()].flatMap(({ process }) => process?.peer() ?? []),
  }
}
