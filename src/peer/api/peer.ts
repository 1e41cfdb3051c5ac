import type { ErrorCode, ErrorFacts } from '../../core/errors.ts'
import type { Health } from '../../core/health.ts'
import type { PeerId } from '../../core/ids.ts'

/** The closed list of words said about a file. DESIGN: status. */
export type StatusWord =
  'On this device only' | 'Storing' | 'Fragile' | 'Protected' | 'Strong' | 'Restoring' | 'Waiting for people' | 'Cannot be rebuilt'

/** One segment of a meter, in drawing order: full, hatched (away), being placed now, nobody yet. */
export type PieceState = 'kept' | 'away' | 'placing' | 'none'

/** Health of a file's worst segment. */
export interface MeterView {
  /** Distinct verified pieces. */
  readonly value: number
  /** n: how many pieces there are to be. 0 while nothing is decided. */
  readonly max: number
  /** k: how many are needed to rebuild. */
  readonly needed: number
  readonly pieces: readonly PieceState[]
}

/** Long work under way. Bytes of the file, not of the wire. */
export interface ProgressView {
  readonly kind: 'sealing' | 'storing' | 'fetching'
  readonly doneBytes: number
  readonly totalBytes: number
  readonly bytesPerSecond: number
  /** Absent while nobody can tell. */
  readonly secondsLeft?: number
  readonly isPaused: boolean
}

/** What went wrong, as code and facts; `ui/words` turns it into sentences. */
export interface TroubleView {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
}

/** A sentence's worth of explanation beside the status word; `ui/words` has the sentences. */
export type ExplanationView =
  | { readonly is: 'none' }
  | { readonly is: 'sealing'; readonly percent: number }
  | { readonly is: 'drop-again'; readonly percent: number }
  | { readonly is: 'keep-open' }
  | { readonly is: 'queued'; readonly people: number; readonly peopleNeeded: number }
  | { readonly is: 'placing'; readonly placed: number; readonly of: number; readonly wanted: number }
  | { readonly is: 'placed'; readonly placed: number; readonly of: number }
  /** Stored; this device has just started and has not met everybody who keeps it. */
  | { readonly is: 'checking' }
  /** Stored, but hardly more pieces than needed are here now; `margin` people may go, below 0 pieces are missing. */
  | {
      readonly is: 'thin'
      readonly here: number
      readonly of: number
      readonly needed: number
      readonly margin: number
    }
  | { readonly is: 'waiting'; readonly reachable: number; readonly needed: number }
  | { readonly is: 'trouble'; readonly trouble: TroubleView }

/** How safe a content is now, from its worst segment; `core/health` says what each figure means. */
export interface HealthView extends Health {
  /** k and m: how many pieces are needed, and how many of them make the grade. */
  readonly needed: number
  readonly wanted: number
  /** This device has just started: the figures are the last that were known. */
  readonly isChecking: boolean
}

/** A row of the Files screen. */
export interface FileView {
  readonly id: string
  /** As a screen may show it. SPEC FNM1. */
  readonly name: string
  /** Relative path of the folder that it was dropped with, '' at the top. */
  readonly folder: string
  /** MIME type, '' when unknown. */
  readonly type: string
  readonly size: number
  /** Unix milliseconds. */
  readonly addedAt: number
  readonly status: StatusWord
  readonly explanation: ExplanationView
  readonly meter: MeterView
  readonly health: HealthView
  readonly progress?: ProgressView
  readonly canShare: boolean
  readonly canDownload: boolean
  /** Whether this device still has a sealed copy that `freeCopy` would remove. */
  readonly hasLocalCopy: boolean
  /** Whether the dropped file has to stay where it is, and this page open: it is not sealed to its end. */
  readonly needsOriginal: boolean
  readonly isPaused: boolean
  /** Until when the people who keep it were asked to, Unix milliseconds; absent until it can be read. This version does not renew it. */
  readonly keptUntil?: number
  /** The path and fragment of the link while the file is shared: `/s/#…`, and until when it opens. */
  readonly linkPath?: string
  readonly linkUntil?: number
  /** The pack that it shares with other small files, all as healthy as it is, and stored, paused and freed with it. */
  readonly pack?: { readonly id: string; readonly files: number; readonly bytes: number }
}

/** A row of the table "Who keeps NAME". */
export interface HolderView {
  readonly segment: number
  readonly piece: number
  readonly peer: PeerId
  readonly name: string
  /** Unix milliseconds, absent when never seen since the start. */
  readonly seenAt?: number
  readonly isDirect: boolean
  readonly isConnected: boolean
}

/** A row of the People screen. */
export interface PersonView {
  readonly peer: PeerId
  readonly name: string
  readonly isConnected: boolean
  readonly isDirect: boolean
  readonly latencyMs?: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Bytes this person keeps for me, and I for them. */
  readonly keepsForMe: number
  readonly keptForThem: number
  readonly engine: string
  readonly roomBytes: number
  readonly seenAt: number
  /** Wrong bytes that it sent, ever: it is not asked any more. */
  readonly lies: number
}

/** Bytes per second that this device sends and receives at most, all together; 0 = no limit. */
export interface RateLimits {
  readonly up: number
  readonly down: number
}

/** How wrong this device's clock is, by those of the people who are here. */
export interface ClockView {
  /** Milliseconds; negative when it is behind. */
  readonly aheadMs: number
  /** Whether enough people agree: papers are then dated by their time. */
  readonly isCorrected: boolean
  /** How often people have refused something of this device by its date. */
  readonly refusals: number
}

/** Everything a screen shows; plain values, so that it can be posted to other tabs. */
export interface PeerSnapshot {
  readonly self: { readonly peerId: PeerId; readonly name: string }
  readonly connection: { readonly is: 'connected' | 'looking' | 'offline'; readonly people: number }
  /** Set while no tab can run this profile's node: what is shown is the last that was known, and it is tried again. */
  readonly trouble?: TroubleView
  /** Set when this tab only shows what another tab's node does. */
  readonly isElsewhere: boolean
  /** Absent while nothing says that this device's clock is wrong. */
  readonly clock?: ClockView
  /** `isAdded`: by the person, remembered on this device, and theirs to remove. */
  readonly relays: readonly {
    readonly address: string
    readonly isConnected: boolean
    readonly isSomebodyElse?: boolean
    readonly isAdded: boolean
  }[]
  readonly files: readonly FileView[]
  readonly people: readonly PersonView[]
  readonly give: {
    readonly isOn: boolean
    readonly offerBytes: number
    readonly usedBytes: number
    readonly pieces: number
    readonly owners: number
    /** Absent until the peer runs. */
    readonly limits?: RateLimits
    /** Set when the device's storage ran out and the offer was lowered. */
    readonly trouble?: TroubleView
  }
  readonly totals: { readonly sentBytes: number; readonly receivedBytes: number }
  /** How many wire bytes one byte costs with the code in force, e.g. 4; and whether anybody has room. */
  readonly price: { readonly factor: number; readonly k: number; readonly n: number }
}

/** A file as it comes from a drop or a picker. */
export interface DroppedFile {
  readonly name: string
  readonly blob: Blob
  /** Relative folder path, '' at the top. */
  readonly path: string
}

/** A file opened for reading. `read` may be called for any range, several times. */
export interface OpenedFile {
  /** As it may be saved on every system. SPEC FNM2. */
  readonly name: string
  readonly type: string
  readonly size: number
  /**
   * Yields the bytes of `[start, end)` in order, each piece good until the next one is asked for. Waits for people and goes on when they return;
   * ends with `signal.reason` on abort.
   */
  read(range?: { readonly start: number; readonly end: number }, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>
}

/** What a link says before anything is downloaded. */
export interface LinkView {
  readonly is: 'opening' | 'ready' | 'failed'
  /** As a screen may show it. SPEC FNM1. */
  readonly name?: string
  readonly type?: string
  readonly size?: number
  readonly status: StatusWord
  readonly meter: MeterView
  readonly explanation: ExplanationView
  readonly progress?: ProgressView
}

/** A received link, kept open while its page is shown. */
export interface OpenedLink {
  snapshot(): LinkView
  watch(listener: () => void): () => void
  /** Resolves once the link's object is read; waits for people as long as it takes. Throws 'link-malformed' | 'link-expired' | 'format-unknown'. */
  file(options?: { readonly signal?: AbortSignal }): Promise<OpenedFile>
  close(): void
}

/** One whole peer: what the app, the holder program and the simulator use. */
export interface Peer {
  snapshot(): PeerSnapshot
  /** Calls `listener` after changes, at most some ten times a second; returns how to stop. */
  watch(listener: () => void): () => void

  /**
   * Puts files in: rows appear at once, sealing and placing go on by themselves. Returns their ids. Throws 'file-refused' for those that no
   * format has room for, once all others are in.
   */
  storeFiles(files: readonly DroppedFile[]): Promise<readonly string[]>
  /** What is done about storing a small file is done about all that lie in its pack. */
  pause(fileId: string): Promise<void>
  resume(fileId: string): Promise<void>
  /** Ends the store of a file, and of those in its pack, and forgets them; what went out is tombstoned. */
  cancel(fileId: string): Promise<void>
  /** Tries at once what waits. */
  retry(fileId: string): Promise<void>
  /**
   * Removes this device's own sealed copy of a stored file; its pieces stay with people. Throws 'too-few-shards' {here, needed} while fewer
   * pieces than the grade asks for are with people who are here.
   */
  freeCopy(fileId: string): Promise<void>
  /** Deletes a file: tombstones its groups and links. Of a pack, what is left is written anew once it is less than half. */
  remove(fileId: string): Promise<void>
  openFile(fileId: string): Promise<OpenedFile>
  keepers(fileId: string): Promise<readonly HolderView[]>

  /** Returns the path of the file's link, `/s/#…`, making it when there is none yet. Throws 'holder-refused' | 'peer-unreachable' when it cannot be placed. */
  share(fileId: string): Promise<string>
  stopSharing(fileId: string): Promise<void>
  /** Opens the link in `text`: its fragment, its address, or a message with it. Throws 'link-malformed' | 'format-unknown' at once when there is none. */
  openLink(text: string): OpenedLink

  /** Lends `offerBytes` to others from now on, or nothing more when `isOn` is false (what is kept stays kept). */
  setOffer(offer: { readonly isOn: boolean; readonly offerBytes: number }): Promise<void>
  /** Keeps to these rates from now on, own transfers and what is served to others together, also after a restart. */
  setRateLimits(limits: RateLimits): Promise<void>
  recoveryWords(): Promise<string>
  /** Connects to a relay and uses it from now on, also after a restart. Throws 'relay-unreachable' | 'address-refused'. */
  addRelay(address: string): Promise<void>
  /** Gives up a relay that the person added; nothing happens to any other. */
  removeRelay(address: string): Promise<void>
  /** Deletes every key and piece of this device. */
  forgetDevice(): Promise<void>
  /** Everything kept for others, for the holder's status page. */
  kept(): Promise<
    readonly {
      readonly groupId: string
      readonly segmentId: string
      readonly index: number
      readonly bytes: number
      readonly until: number
    }[]
  >
  /** Says goodbye and stops. Never throws. */
  close(): Promise<void>
}
