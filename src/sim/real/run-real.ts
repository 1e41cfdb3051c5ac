import { createHash } from 'node:crypto'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import { HoardError } from '../../core/errors.ts'
import type { FileCode, Policy } from '../../core/policy.ts'
import { sealedLength } from '../../core/records.ts'
import { planSegments, shardLength } from '../../core/segment.ts'
import { chooseCode } from '../model/choose-code.ts'
import { createDraws } from '../model/draws.ts'
import { createLife, type LifeEvents } from '../model/life.ts'
import { createMeasures } from '../model/measures.ts'
import type { Swarm } from '../model/swarm.ts'
import { createTimeline } from '../model/timeline.ts'
import type { PeopleClass, Population, Problem } from '../population.ts'
import type { ClassKept, SimResult } from '../result.ts'
import { storeFiles, type FilesToStore, type SharedFile } from './owner.ts'
import { createPiecesSeen } from './pieces-seen.ts'
import { readFiles, type FilesRead } from './reader.ts'
import { createRepairMeter } from './repair-meter.ts'
import { createResidents, type Resident } from './residents.ts'
import { createSimDisk } from './sim-disk.ts'
import { createStage, newDevice, type Stage } from './stage.ts'

/** How a run of whole peers is set up. */
export interface RealSetup {
  readonly population: Population
  readonly policy: Policy
  readonly seed: number
  readonly days: number
  /** With the product's coder, in place of one that makes the same bytes in less time. */
  readonly coder: 'exact' | 'fast'
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** When the count begins: as in the model, people have come and gone for as long by then. */
const BEGIN_MS = 60 * DAY
/**
 * Milliseconds for which peers run before the count, to know each other's habits. The first third of it passes before the first file, and the
 * files are stored over the next half.
 */
const leadOf = (days: number): number => Math.min(3, Math.max(1, days / 2)) * DAY
/** The reader has so long to read everything after the end; people come and go meanwhile. */
const READING_MS = 2 * DAY
/** Bytes of rows, papers and claims for each piece, and of the piece of a link's object. */
const [PAPER_BYTES, LINK_PIECE_BYTES] = [5_000, 4_300]
/** Most bytes of pieces in all: they are in memory. */
const MOST_PIECE_BYTES = 2 ** 30
const OWNER_UP = 10_000_000

/** Returns what keeps a population from being run with whole peers. */
export function problemOf({ files }: Population, policy: Policy): Problem | undefined {
  for (const { k, n } of policy.code) {
    if (planSegments(files.bytes, k, policy.segment.bytes).length > 1) return { key: 'files.bytes', reason: 'more than one segment' }
    if (files.count * n * shardLength(sealedLength(files.bytes), k) > MOST_PIECE_BYTES)
      return { key: 'files.bytes', reason: 'all pieces together take more than 1 GiB' }
  }
  return undefined
}

/**
 * Runs whole peers in one process, over a network that loses and delays. Nothing of the owner's keys is left in it when the count begins;
 * at the end a stranger reads every file by its link. The same setup gives the same result.
 * @throws HoardError 'too-few-shards' when people have not taken all files by the time the count begins
 */
export async function runReal({ population, policy, seed, days, coder }: RealSetup): Promise<SimResult> {
  const { count, bytes } = population.files
  const timeline = createTimeline()
  const measures = createMeasures(BEGIN_MS, days)
  const swarm: Swarm = {
    setup: { population, policy, seed, days, without: new Set() },
    timeline,
    draws: createDraws(seed, 0),
    measures,
    people: new Set(),
    code: { k: 0, m: 0, n: 0, t: 0 },
    segments: [],
    offerScale: 1,
  }
  const atEvents: { events: LifeEvents } = {
    events: { came: () => undefined, went: () => undefined, died: () => undefined, lost: () => undefined },
  }
  const life = createLife(swarm, {
    came: (person) => atEvents.events.came(person),
    went: (person) => atEvents.events.went(person),
    died: (person) => atEvents.events.died(person),
    lost: (person) => atEvents.events.lost(person),
  })
  const people = population.classes.reduce((sum, { count: each }) => sum + each, 0)
  const leadMs = leadOf(days)
  timeline.runUntil(BEGIN_MS - leadMs)

  swarm.code = chooseCode(swarm)
  swarm.offerScale = scaleOf(swarm)
  const offerOf = (kind: PeopleClass): number => Math.round(kind.offerBytes * swarm.offerScale)
  const stage = createStage({ seed, policy, timeline, coder })
  const shared: SharedFile[] = []
  let code: FileCode = swarm.code
  const pieces = createPiecesSeen(stage.now, () => code.k)
  const meter = createRepairMeter(measures, stage.now)
  const residents = createResidents({ seed, stage, timeline, pieces, offerOf, ending: meter.look })
  atEvents.events = residents.events
  residents.open([...swarm.people].filter(({ isHere }) => isHere))

  timeline.plan(BEGIN_MS - (2 / 3) * leadMs, () => {
    const everyMs = Math.floor(leadMs / 2 / count)
    void storeAndLeave(stage, { seed, count, bytes, everyMs }, (file) => shared.push(file))
  })
  for (const event of population.events) timeline.plan(BEGIN_MS + event.day * DAY, () => life.happen(event))
  // What was repaired before the count begins does not count.
  timeline.plan(BEGIN_MS - 1, () => residents.peers().forEach((peer) => meter.look(peer)))
  await stage.playUntil(BEGIN_MS)
  if (shared.length < count) throw new HoardError('too-few-shards', { object: 'file', placed: shared.length, needed: count })

  code = shared[0]?.code ?? code
  const linkGroups = new Set(shared.map(({ linkGroup }) => linkGroup))
  pieces.count((groupId) => !linkGroups.has(groupId))
  const look = (): void => {
    for (const known of pieces.known()) measures.noteKnown(known, timeline.now())
    for (const peer of residents.peers()) meter.look(peer)
    timeline.plan(timeline.now() + HOUR, look)
  }
  measures.repairs = 0
  look()
  await stage.playUntil(BEGIN_MS + days * DAY)
  for (const peer of residents.peers()) meter.look(peer)

  const result: SimResult = {
    seed,
    days,
    people,
    segments: pieces.segments(),
    lost: pieces.lost(),
    wrongBytes: 0,
    repairBytes: Math.round(measures.repairBytes()),
    storedBytes: count * sealedLength(bytes),
    unavailable: pieces.unavailable(),
    meanKnown: measures.meanKnown(),
    leastKnown: measures.leastKnown(),
    repairs: measures.repairs,
    duplicates: pieces.duplicates(),
    peakHourBytes: Math.round(measures.peakHourBytes()),
    liarsPlaced: pieces.liarsPlaced(),
    code,
    knownByDay: measures.days,
    kept: keptByClass(population, residents.all(), offerOf),
    state: stateOf(residents.all()),
  }
  const read = await readEverything(stage, seed, bytes, shared, result.lost)
  return { ...result, wrongBytes: read.wrongBytes, filesRead: read.files }
}

/** Runs the only device that ever has a key of the files, until just before the count begins; its disk goes with it. */
async function storeAndLeave(stage: Stage, files: FilesToStore, shared: (file: SharedFile) => void): Promise<void> {
  const { seed } = files
  const process = stage.start(newDevice(seed, 'owner', strangerFacts()))
  const peer = await process.started
  stage.clock.wait(BEGIN_MS - MINUTE - stage.now()).then(process.leave, process.kill)
  await storeFiles(peer, stage.clock, files, shared)
}

/** Has a stranger read every file by its link. */
async function readEverything(stage: Stage, seed: number, bytes: number, files: readonly SharedFile[], lost: number): Promise<FilesRead> {
  const read: FilesRead = { files: 0, wrongBytes: 0 }
  const process = stage.start(newDevice(seed, 'reader', strangerFacts()))
  void process.started.then((peer) => readFiles(peer, files, { seed, bytes }, read))
  await stage.playUntil(stage.now() + READING_MS, () => read.files >= files.length - lost)
  process.kill()
  return read
}

function strangerFacts() {
  return { disk: createSimDisk(), offerBytes: 0, upBytesPerSecond: OWNER_UP, engine: 'node', isPersisted: true }
}

/** Returns by how much offers are scaled so that the pieces fill as much of them as the population says, by a holder's own books. */
function scaleOf({ setup, people, code }: Swarm): number {
  const { fill, bytes, count } = setup.population.files
  const offered = [...people].reduce((sum, { kind }) => sum + kind.offerBytes, 0)
  const pieceBytes = sizeOnDisk(shardLength(sealedLength(bytes), code.k)) + LINK_PIECE_BYTES + 2 * PAPER_BYTES
  return fill === undefined || offered === 0 ? 1 : (count * code.n * pieceBytes) / fill / offered
}

function keptByClass(population: Population, residents: readonly Resident[], offerOf: (kind: PeopleClass) => number): readonly ClassKept[] {
  return population.classes.map((kind) => {
    const those = residents.filter((resident) => resident.kind === kind)
    const used = those.reduce((sum, { disk }) => sum + disk.shardBytes(), 0)
    return {
      name: kind.name,
      people: those.length,
      meanBytes: those.length === 0 ? 0 : Math.round(used / those.length),
      meanOfferBytes: offerOf(kind),
    }
  })
}

/** Returns a digest of everything on all disks. */
function stateOf(residents: readonly Resident[]): string {
  const hash = createHash('sha256')
  for (const { number, disk } of residents) hash.update(`${number} `).update(disk.digest())
  return hash.digest('hex')
}
